-- How support conversations are given to agents, and what each of them takes at a time.

CREATE TABLE support_settings (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  assignment text NOT NULL DEFAULT 'off' CHECK (assignment IN ('off', 'round_robin', 'least_busy')),
  -- Of an agent who has no capacity of their own.
  default_capacity integer NOT NULL DEFAULT 5 CHECK (default_capacity BETWEEN 0 AND 1000)
);
INSERT INTO support_settings DEFAULT VALUES;

-- What differs from the default; most agents have no row.
CREATE TABLE desks (
  user_id text PRIMARY KEY REFERENCES users (id),
  capacity integer CHECK (capacity BETWEEN 0 AND 1000),
  -- Whether conversations are given to them by themselves. Null: agents yes, admins no.
  accepting boolean,
  -- The turn: who was given something longest ago is next.
  given_at timestamptz(3)
);

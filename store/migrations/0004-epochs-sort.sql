-- Epochs sort by their beginning, so that who knew an older one cannot replace a newer one: see replaceEpoch.
UPDATE cluster_state SET epoch = replace(uuidv7()::text, '-', '');

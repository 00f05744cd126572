import { go, signInFor } from "../route.ts";
import { HostPage } from "./host-page.tsx";
import { Marketplace } from "./recipes/marketplace.tsx";
import source from "./recipes/marketplace.tsx?raw";

export default function MarketplacePage({ user }: { user: { id: string; name: string } | null }) {
  return (
    <HostPage user={user} name="marketplace" source={source}>
      <Marketplace onSignIn={() => go(signInFor("/marketplace"))} />
    </HostPage>
  );
}

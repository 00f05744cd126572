import { HostPage } from "./host-page.tsx";
import { Bank } from "./recipes/bank.tsx";
import source from "./recipes/bank.tsx?raw";

export default function BankPage({ user }: { user: { id: string; name: string } }) {
  return (
    <HostPage user={user} name="bank" source={source}>
      <Bank userId={user.id} />
    </HostPage>
  );
}

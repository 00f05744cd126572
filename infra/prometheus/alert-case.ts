/**
 * When each alert fires and when it stays silent, for `promtool test rules`. Series are written out here, not taken from
 * the expressions: an expression that asks for the wrong thing must fail.
 */
export interface AlertCase {
  name: string;
  alert: string;
  /** Of the samples of each series. */
  interval: string;
  /** Values as promtool writes them: `0+5x30` begins with 0 and adds 5 thirty times. */
  series: Record<string, string>;
  at: string;
  /** The labels that tell who is meant; null: it is silent. */
  fires: Record<string, string> | null;
}

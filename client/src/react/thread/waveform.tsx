const barWidth = 3;
const gap = 2;
const height = 28;
const leastBar = 2;

/** Loudness over time; decoration beside a control that says the rest. `played` from 0 to 1. */
export function Waveform({ peaks, played = 1 }: { peaks: readonly number[]; played?: number }) {
  const width = Math.max(1, peaks.length * (barWidth + gap) - gap);
  return (
    <svg
      className="waveform"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {peaks.map((peak, index) => {
        const bar = Math.max(leastBar, peak * height);
        const key = index; // A bar is its place.
        return (
          <rect
            key={key}
            x={index * (barWidth + gap)}
            y={(height - bar) / 2}
            width={barWidth}
            height={bar}
            rx={1.5}
            data-played={index < played * peaks.length || undefined}
          />
        );
      })}
    </svg>
  );
}

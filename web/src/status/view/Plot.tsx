import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import type { Plotted } from '../model/series';
import { figure } from '../model/texts';

const height = 150;

/** Colours are looked up when drawing, so that they follow the theme. */
const colour = (name: string) => () =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Lines over the last quarter of an hour, and what they are now. */
export function Plot({ plot, times, values }: {
  plot: Plotted;
  times: number[];
  values: (number | null)[][];
}) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  useEffect(() => {
    const made = new uPlot(optionsOf(plot, place.current!.clientWidth), [[], ...plot.lines.map(() => [])],
      place.current!);
    chart.current = made;
    const watcher = new ResizeObserver(([entry]) =>
      made.setSize({ width: Math.floor(entry!.contentRect.width), height }));
    watcher.observe(place.current!);
    return () => {
      watcher.disconnect();
      made.destroy();
    };
  }, [plot]);
  useEffect(() => {
    chart.current?.setData([times, ...values] as uPlot.AlignedData);
  }, [times, values]);
  const latest = plot.lines.map((line, i) => ({
    name: line.name, text: figure(values[i]!.at(-1), plot.unit),
  }));
  return (
    <figure className="plot">
      <figcaption>
        <h3>{plot.title}{plot.unit !== '' && <span className="unit"> {plot.unit}</span>}</h3>
        <ul className="legend">
          {latest.map(({ name, text }, i) => (
            <li key={name}><i className={`line-${i}`} />{name} <b>{text}</b></li>
          ))}
        </ul>
      </figcaption>
      <div ref={place} className="plot-place" role="img"
        aria-label={`${plot.title}: ${latest.map(({ name, text }) => `${name} ${text}`).join(', ')}`} />
    </figure>
  );
}

function optionsOf(plot: Plotted, width: number): uPlot.Options {
  const axis = { stroke: colour('--ink-faint'), font: '11px Inter, system-ui, sans-serif',
    ticks: { show: false } };
  return {
    width: Math.max(width, 100),
    height,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 8, 6, 0], // below: half the height of a 0 that has no times under it yet
    scales: {
      // From nothing up, and never a line at the very top.
      y: { range: (_chart, _low, high) => [0, high > 0 ? high * 1.15 : 1] },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 24, space: 70,
        values: (chart, ticks) => ticks.map((at) => chart.data[0].length < 2 ? null // no span yet
          : new Date(at * 1000).toLocaleTimeString([], {
            hour: '2-digit', minute: '2-digit', second: '2-digit',
          })) },
      { ...axis, grid: { stroke: colour('--line'), width: 1 }, size: 48, space: 28,
        values: (_chart, ticks) => ticks.map((n) => figure(n, '')) },
    ],
    series: [
      {},
      ...plot.lines.map((_line, i) => ({
        stroke: colour(`--line-${i}`), width: 1.5, points: { show: false },
        dash: i === 0 ? [] : [6, 2 + i],
      })),
    ],
  };
}

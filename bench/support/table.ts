// Formats rows as a table.
import { alignedTable } from '../../cli/output/table.ts';
import { type Aim, isMet, type Row, type Unit } from './benchmark.ts';

const HEAD = ['name', 'ours', 'against', 'ratio', 'aim', 'met'];

export function table(rows: readonly Row[]): string {
  return alignedTable(HEAD, rows.map(cells));
}

function cells(row: Row): string[] {
  const { name, ours, unit, against, ratio, aim } = row;
  const met = isMet(row);
  return [
    name,
    quantity(ours, unit),
    against === null ? '-' : `${quantity(against.value, unit)} ${against.what}`,
    ratio === null ? '-' : `${number(ratio)} x`,
    aim === null ? '-' : aimText(aim, unit),
    met === null ? '-' : met ? 'yes' : 'NO',
  ];
}

function aimText({ bound, of, value }: Aim, unit: Unit): string {
  return `${bound === 'at most' ? '<=' : '>='} ${of === 'ratio' ? `${value} x` : `${value}${space(unit)}${unit}`}`;
}

function quantity(value: number, unit: Unit): string {
  return `${number(value)}${space(unit)}${unit}`;
}

function space(unit: Unit): string {
  return unit === '/s' ? '' : ' ';
}

function number(value: number): string {
  return Math.abs(value) >= 100
    ? value.toFixed(0)
    : Math.abs(value) >= 10
      ? value.toFixed(1)
      : value.toFixed(2);
}

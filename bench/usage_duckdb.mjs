// SPDX-License-Identifier: Apache-2.0
// DuckDB over the same file as bench_usage: only read_json and GROUP BY subscription, hour.
//   node usage_duckdb.mjs LOG THREADS RUNS
// Prints the best run: records per CPU second (user and system, this process), wall-clock seconds,
// groups and the sum of counts.
import { DuckDBInstance } from '@duckdb/node-api';

const [log, threads, runs] = process.argv.slice(2);
// As anybody would write it, and with the only columns that are needed told beforehand.
const columns = `{time: 'VARCHAR', data: 'STRUCT(subscription VARCHAR, count BIGINT)'}`;
const options = {
  'read_json': '',
  'two columns': `, format = 'newline_delimited', columns = ${columns}`,
};
const query = (how) => `
  SELECT count(*) AS groups, sum(n) AS records, sum(total) AS total FROM (
    SELECT data.subscription, strftime(time::TIMESTAMP, '%Y-%m-%dT%H') AS hour, count(*) AS n,
           sum(data.count) AS total
    FROM read_json('${log.replaceAll("'", "''")}'${how})
    GROUP BY ALL)`;

const instance = await DuckDBInstance.create(':memory:', { threads });
const connection = await instance.connect();
for (const [name, how] of Object.entries(options)) {
let best = null;
for (let run = 0; run < Number(runs); ++run) {
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  const result = await connection.runAndReadAll(query(how));
  const wall = Number(process.hrtime.bigint() - start) / 1e9;
  const used = process.cpuUsage(cpu);
  const seconds = (used.user + used.system) / 1e6;
  if (best === null || seconds < best.seconds) best = { seconds, wall, row: result.getRows()[0] };
}
const [groups, records, total] = best.row.map(Number);
console.log(
  `duckdb, ${name.padEnd(11)} ${best.seconds.toFixed(3)} CPU s ${Math.round(records / best.seconds)} records/CPU s` +
    `  ${best.wall.toFixed(3)} s, ${threads} thread(s), groups ${groups} count ${total}`,
);
}

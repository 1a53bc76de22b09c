// SPDX-License-Identifier: Apache-2.0
// Policy engines in process, asked the questions that bench_gate_peers wrote:
//   node peers.mjs PEER DIR SUBSCRIPTIONS QUESTIONS
// With the first SUBSCRIPTIONS of DIR/pairs restricted, and so many of DIR/questions asked, each
// once; each answer is checked. Prints a row as bench_gate_peers does.
import { readFileSync } from 'node:fs';
import { FlagdCore } from '@openfeature/flagd-core';
import { newEnforcer, newModelFromString, StringAdapter } from 'casbin';

const [peer, dir, subscriptionCount, questionCount] = process.argv.slice(2);
const services = ['object-storage', 'speech'];
const changes = 5;

const lines = (name) => readFileSync(`${dir}/${name}`, 'utf8').trimEnd().split('\n');
const restricted = lines('pairs')
  .filter((_, i) => i % services.length === 0)
  .slice(0, Number(subscriptionCount))
  .map((line) => line.split(' ')[0]);
// A refused question of the whole set may be of somebody whom a smaller one does not restrict.
const questions = lines('questions')
  .slice(0, Number(questionCount))
  .map((line, i) => {
    const [subscription, service, refused] = line.split(' ');
    return refused === '1'
      ? { subscription: restricted[(i * 7919) % restricted.length], service, refused: true }
      : { subscription, service, refused: false };
  });

const casbinModel = (roles, matcher) =>
  newModelFromString(`[request_definition]
r = sub, obj
[policy_definition]
p = sub, obj, eft
${roles}
[policy_effect]
e = !some(where (p.eft == deny))
[matchers]
m = ${matcher}
`);

// Each gives { refuses(subscription, service), restrict(subscription) in the first service }.
const peers = {
  // A deny rule for each pair, as the model of an access control list has it.
  'casbin-acl': async () => {
    const policy = restricted.flatMap((id) => services.map((s) => `p, ${id}, ${s}, deny`));
    const enforcer = await newEnforcer(
      casbinModel('', 'r.sub == p.sub && r.obj == p.obj'),
      new StringAdapter(policy.join('\n')),
    );
    return {
      refuses: (subscription, service) => !enforcer.enforceSync(subscription, service),
      restrict: (subscription) => enforcer.addPolicy(subscription, services[0], 'deny'),
    };
  },
  // A rule for each service; who is restricted has a role.
  'casbin-rbac': async () => {
    const rules = services.map((s) => `p, restricted-${s}, ${s}, deny`);
    const roles = restricted.flatMap((id) => services.map((s) => `g, ${id}, restricted-${s}`));
    const enforcer = await newEnforcer(
      casbinModel('[role_definition]\ng = _, _', 'r.obj == p.obj && g(r.sub, p.sub)'),
      new StringAdapter([...rules, ...roles].join('\n')),
    );
    return {
      refuses: (subscription, service) => !enforcer.enforceSync(subscription, service),
      restrict: (subscription) =>
        enforcer.addGroupingPolicy(subscription, `restricted-${services[0]}`),
    };
  },
  // A flag for each service, whose targeting lists who is restricted.
  flagd: async () => {
    const core = new FlagdCore();
    const quiet = { error() {}, warn() {}, info() {}, debug() {} };
    const configure = (more) => {
      const flag = (ids) => ({
        state: 'ENABLED',
        variants: { refused: true, allowed: false },
        defaultVariant: 'allowed',
        targeting: { if: [{ in: [{ var: 'targetingKey' }, ids] }, 'refused', 'allowed'] },
      });
      const flags = { [services[0]]: flag([...restricted, ...more]), [services[1]]: flag(restricted) };
      core.setConfigurations(JSON.stringify({ flags }));
    };
    const more = [];
    configure(more);
    return {
      refuses: (targetingKey, service) =>
        core.resolveBooleanEvaluation(service, false, { targetingKey }, quiet).value,
      // It knows whole configurations only.
      restrict: async (subscription) => {
        more.push(subscription);
        configure(more);
      },
    };
  },
};

const now = () => Number(process.hrtime.bigint()) / 1e6;

async function msOfChange({ refuses, restrict }) {
  const times = [];
  for (let turn = 0; turn < changes; ++turn) {
    const id = `00000000-0000-0000-0000-${String(turn).padStart(12, '0')}`;
    const begin = now();
    await restrict(id);
    if (!refuses(id, services[0])) throw new Error(`${peer}: not refused after its change`);
    times.push(now() - begin);
  }
  return times.sort((a, b) => a - b)[Math.floor(changes / 2)];
}

const begin = now();
const engine = await peers[peer]();
if (!engine.refuses(restricted[0], services[0])) throw new Error(`${peer}: a wrong first answer`);
const startMs = now() - begin;
const memory = process.memoryUsage.rss() / 2 ** 20;
const cpu = process.cpuUsage();
for (const { subscription, service, refused } of questions) {
  if (engine.refuses(subscription, service) !== refused) {
    throw new Error(`${peer}: a wrong answer to ${subscription} ${service}`);
  }
}
const used = process.cpuUsage(cpu);
const ns = ((used.user + used.system) * 1e3) / questions.length;
const change = await msOfChange(engine);
const cells = [
  [restricted.length, 9, 0],
  [ns, 12, 0],
  [1e9 / ns, 12, ns > 1e6 ? 2 : 0],
  [memory, 10, 1],
  [startMs, 10, 0],
  [change, 10, 2],
].map(([value, width, digits]) => value.toFixed(digits).padStart(width));
console.log(`${`${peer} (Node)`.padEnd(34)} ${cells.join(' ')}`);

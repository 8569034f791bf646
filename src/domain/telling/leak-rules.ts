/** The leak guard's built-in rules. Texts arrive folded (leak-reading.ts) and, unless `caseMatters`, in lower case. */

export interface LeakRule {
  name: string;
  pattern: RegExp;
  /** A match that also matches this is innocent. */
  unless?: RegExp;
  /** Decides alone, where a pattern cannot. */
  find?: (text: string) => string | null;
  caseMatters?: boolean;
  /** The excerpt must not repeat it. */
  secret?: boolean;
}

const never = /(?!)/;

/** Last labels that make two labels a host name. Those that are also English words count only with three labels. */
const hostEndings =
  'internal|intranet|intra|local|localdomain|localhost|svc|cluster|lan|corp|home|private|arpa|com|net|org|edu|gov|info|io|dev|app|cloud|ai|co|uk|de|fr|eu|ch|test|example|invalid|tech|sh|xyz|tv|prod|prd|stage|staging|qa';
const machineWords =
  'db|sql|web|www|api|app|apps|node|srv|svr|server|host|redis|kafka|pg|postgres|psql|mysql|maria|mongo|cache|queue|mq|worker|proxy|lb|elb|alb|gw|gateway|k8s|kube|prod|prd|stg|stage|staging|dev|uat|qa|vm|ec2|rds|es|elastic|master|primary|secondary|replica|broker|zk|etcd|consul|vault|nginx|haproxy|rabbit|rabbitmq|bastion|jump|build|ci|ns|dns|ldap|nfs|shard|cluster|pod|ip|job|cron|auth|edge';
const technical =
  'kubernetes|k8s|kubectl|docker|dockerfile|namespace|replica ?sets?|stateful ?sets?|daemon ?sets?|helm chart|terraform|ansible|nginx|haproxy|envoy|redis|memcached|kafka|rabbitmq|zookeeper|etcd|postgres\\w*|mysql|mariadb|mongodb?|cassandra|dynamo ?db|elasticsearch|opensearch|clickhouse|rds|ec2|eks|ecs|s3 buckets?|lambda function|cloudfront|cloudwatch|grafana|prometheus|alertmanager|pagerduty|datadog|new relic|sentry|jenkins|github|gitlab|argo ?cd|jvm|heap|garbage collect\\w*|memory leaks?|out of memory|oom ?killed|crash ?loop\\w*|image ?pull ?back ?off|segfault|segmentation fault|deadlocks?|thread pools?|connection pools?|load balancers?|cpu|null pointers?|stack ?traces?|core dumps?|pull requests?|commits?|hotfix\\w*|feature flags?|regression|migrations?|schema change|config(?:uration)? change|misconfigur\\w*|bugs?|buggy|code change|exploit\\w*|vulnerabilit\\w*|cve-\\d{4}-\\d+|sql injection|ddos|firewall|certificate expir\\w*|expired certificate|dns (?:record|server|zone)s?|upstream|back ?end|micro ?services?|servers?|data ?cent(?:re|er)s?|availability zone|[45]xx|p9[59]|error rate|exit code \\d+|sig(?:kill|term|segv)';
const fixing =
  'fix|fixed|resolve|resolved|restore|restored|repair|repaired|recover|recovered|solve|solved|mitigate|mitigated|back|up and running|working|operational|available|normal|online';
/** Between "will" and "fixed" these make it no promise: "we will update you once it is resolved". */
const notAPromise =
  '(?!(?:update|updates|post|share|tell|let|inform|review|report|notify|write|publish|provide|continue|keep|when|once|until|after|before|if|as|confirm)\\b)';
const amount =
  '(?:\\d+|an?|one|two|three|four|five|six|ten|fifteen|twenty|thirty|forty|a few|few|several|a couple of|the)';
const span = `${amount}[\\s-]*(?:more |next |half |coming )*(?:s|sec|secs|seconds?|m|min|mins|minutes?|h|hr|hrs|hours?|half hour|days?|moments?)\\b`;

export const rules: readonly LeakRule[] = [
  { name: 'address', pattern: /\b[a-z][a-z0-9+.-]{1,15}:\/\/\S+|\bwww\.\S+/ },
  { name: 'mail address', pattern: /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/ },
  {
    name: 'host name',
    pattern: new RegExp(
      [
        `\\b(?:[a-z0-9_-]{1,63}\\.){1,8}(?:${hostEndings})\\b`,
        '\\b[a-z0-9_-]{2,63}(?:\\.[a-z0-9_-]{2,63}){2,8}\\b',
        `\\b(?:[a-z0-9]+[-_])*(?:${machineWords})(?:[-_][a-z0-9]+)*[-_]?\\d+[a-z]?(?:[-_][a-z0-9]+)*\\b`,
        '\\b(?:[a-z0-9]+-)+(?:prod|prd|production|stg|staging|dev|uat|qa|primary|replica|master|svc)(?:-[a-z0-9]+)*\\b',
        `\\b(?:prod|prd|stg|staging|uat|qa|internal|${'db|pg|k8s|kube|redis|kafka|mysql|postgres|mongo'})-[a-z0-9]+(?:-[a-z0-9]+)*\\b`,
        '\\b[a-z0-9]+(?:-[a-z0-9]+)*-[a-f0-9]{8,10}-[a-z0-9]{5}\\b',
        '\\blocalhost\\b',
      ].join('|'),
    ),
    unless:
      /^\d+(?:\.\d+)*$|^(?:api|app|apps|web|node|server|job|edge|cache|auth)$|^[a-z]\.[a-z]\.?$|^(?:dev|prod|internal)-(?:facing|wide)$/,
  },
  {
    name: 'IP address',
    pattern:
      /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)|\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}\b|(?:\b[0-9a-f]{1,4}:){1,6}:(?:[0-9a-f]{1,4})?|(?<![\w:])::(?:[0-9a-f]{1,4})|\b0x[0-9a-f]{6,}\b|\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b/,
  },
  {
    name: 'cloud resource',
    pattern:
      /\barn:[a-z-]+:\S*|\b(?:i|vpc|subnet|sg|ami|vol|eni|rtb|igw|nat|snap|eipalloc|acl|lt|asg)-[0-9a-f]{8,17}\b|\b(?:us|eu|ap|sa|ca|me|af|il)-(?:gov-)?(?:north|south|east|west|central|northeast|southeast|northwest|southwest)-\d[a-f]?\b|\b\d{12}\b/,
  },
  {
    name: 'file or path',
    pattern:
      /(?<![\w/])\/(?:var|etc|usr|home|opt|srv|tmp|proc|app|root|mnt|data|dev|sys|api|v\d)\/\S*|\b[a-z]:\\\S+|\b[\w-]+\.(?:js|ts|tsx|jsx|py|go|java|rb|rs|php|cs|cpp|kt|scala|sh|sql|ya?ml|json|conf|cfg|ini|log|tf|jar|env)\b(?::\d+)?/,
  },
  {
    name: 'stack trace',
    pattern:
      /\bat [\w$.<>/]+ ?\([^)]*:\d+(?::\d+)?\)|traceback \(most recent|file "[^"]+", line \d+|\bgoroutine \d+|\bpanic:|\bcaused by: \w|\bthread "[^"]+"|#\d+ +0x[0-9a-f]+/,
  },
  {
    name: 'error name',
    caseMatters: true,
    pattern:
      /\b[A-Z]\w*(?:Exception|Error|Failure|Fault)\b|\bE(?:CONN|TIMEDOUT|HOST|NOENT|ACCES|PIPE|ADDR|NET)[A-Z]*\b|\bORA-\d{4,5}\b|\bSQLSTATE\b|\bHTTP[ /]?[45]\d\d\b|\b(?:error|code|status) [45]\d\d\b/,
  },
  {
    name: 'version or revision',
    pattern:
      /\bv\d+(?:\.\d+)+\S*|(?<![\d.])\d+\.\d+\.\d+(?:-[\w.]+)?(?![\d.]*\d)|\b(?:revision|build|release|version) ?#?\d+\b|\bsha\d*:\S+/,
  },
  {
    name: 'code or query',
    pattern:
      /`[^`]+`|\bselect\s+[\w*.,\s()]{1,80}\s+from\s+[\w.]+\s+(?:where|join|limit|group|order)\b|\bselect \* from\b|\b(?:insert into|delete from|drop table|alter table)\s+\w+|\bupdate\s+\w+\s+set\b|<\/?[a-z][^>]*>|\{\{?[^}]*\}?\}|[a-z]\w*\([^)]*\)\s*(?:;|=>|\{)|\b\w+=\S*\w/,
  },
  {
    name: 'place in a cluster',
    pattern:
      /\b(?:pods?|containers?|nodes?|clusters?|namespaces?|deployments?|replicas?|shards?|partitions?|hosts?|instances?|workers?)\b\s*[:#]?\s*[\w/-]*\d[\w/-]*|\b\w+(?:-\w+)+ (?:pods?|containers?|clusters?|namespaces?|deployments?|instances?|nodes?)\b|\b(?:pods?|kube-system)\b|\b[a-z0-9-]+\/[a-z0-9]+(?:-[a-z0-9]+)+\b/,
  },
  { name: 'technical detail', pattern: new RegExp(`\\b(?:${technical})(?![\\w])`) },
  {
    name: 'secret',
    secret: true,
    caseMatters: true,
    pattern:
      /-----BEGIN|\b(?:bearer|basic) [A-Za-z0-9._~+/=-]{8,}|\beyJ[A-Za-z0-9_-]{8,}\.|\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\b(?:gh[pousr]_|github_pat_|xox[abeprs]-|sk_(?:live|test)_|rk_live_|sk-|glpat-|sbx_|AIza)[\w-]{8,}|(?:password|passwd|passphrase|secret|token|api[ _-]?key|access[ _-]?key|private[ _-]?key|credentials?)["']?\s*(?:is|was|[:=])\s*\S+/i,
  },
  { name: 'random text', secret: true, caseMatters: true, pattern: never, find: (text) => randomToken(text) },
  {
    name: 'blame',
    pattern:
      /\bblam\w+|\bfaults? of\b|\b(?:our|their|his|her|whose) (?:own )?(?:fault|mistake|error|negligence)\b|\bhuman errors?\b|\bhuman mistakes?\b|\bat fault\b|\bcareless\w*|\bnegligen\w+|\b(?:screwed|messed) (?:it |this |things )?up\b|\bbroke (?:it|the|our|production)\b|\bforgot to\b|\bfailed to (?:test|check|review|notice|renew|monitor|follow)\b|\b(?:an?|one of our|the|our|some) (?:\w+ )?(?:engineers?|developers?|employees?|operators?|administrators?|admins?|contractors?|interns?|colleagues?|staff|vendors?|suppliers?|third[ -]part(?:y|ies)|hosting providers?|cloud providers?) (?:\w+ )?(?:has |have |had |who )?(?:made|caused|broke|deployed|changed|pushed|deleted|removed|forgot|misconfigured|accidentally|introduced|is responsible|are responsible|was responsible|failed)|\b(?:caused|introduced|triggered) by (?:an?|one of|our|the|some)? ?(?:\w+ )?(?:engineers?|developers?|employees?|operators?|admins?|vendors?|suppliers?|providers?|teams?|mistake)\b|\bmistake by\b|\bincompeten\w+|\bstupid\w*/,
  },
  {
    name: 'cause',
    pattern:
      /\b(?:caused|introduced|triggered) by (?:an?|one of|our|the|some)? ?(?:\w+ )?(?:changes?|releases?|updates?)\b/,
  },
  {
    name: 'guess',
    pattern:
      /\bprobabl[ey]\b|\bpresumabl[ey]\b|\bapparently\b|\bperhaps\b|\bmaybe\b|\bpossibl[ey] (?:caused|due|because|related|a|an|the)\b|\bmost likely\b|\blikely (?:caused|due|because|related|a|an|the|to be caused)\b|\bwe (?:think|believe|suspect|assume|guess|speculate|suppose|reckon)\b|\bour (?:guess|theory|hypothesis|suspicion|working assumption)\b|\b(?:seems|appears|seem|appear) (?:to be |to have been )?(?:caused|related|due|linked|connected)\b|\b(?:might|could|may) (?:be|have been) (?:caused|due|related|the (?:cause|result|reason)|because|an? (?:attack|breach|hack))|\bspeculat\w+|\bit (?:looks|seems) like\b|\bsuspected\b/,
  },
  {
    name: 'promise of a time',
    pattern: new RegExp(
      [
        `\\b(?:will|shall|should|ought to|going to|expect(?:ed|s|ing)?(?: to)?|hop(?:e|ing)(?: to)?|plan(?:ning)?(?: to)?|aim(?:ing)?(?: to)?|anticipate(?:d)?|intend to|promise(?:d)?(?: to)?|guarantee|target(?:ing)?|'ll)\\s+(?:${notAPromise}[\\w'-]+\\s+){0,4}?(?:${fixing})\\b`,
        '\\be\\.?t\\.?a\\b\\.?',
        `\\b(?:estimat\\w+|expected|anticipated|projected|predicted) (?:\\w+ )?(?:time|date|fix|resolution|recovery|restoration|repair|end)\\b`,
        `\\b(?:fix|fixed|resolution|resolved|restored?|recovery|recovered|repaired|solved|back|solution|working again|up and running|done|over|finished)\\b[^.!?\\n]{0,30}?\\b(?:in|within|in under|in less than|in about|before|no later than|by)\\s+(?:the\\s+)?(?:next\\s+)?(?:about |around |roughly |approximately |at most )?(?:${span}|\\d{1,2}[:.]\\d\\d|\\d{1,2} ?(?:am|pm)|noon|midnight|tonight|tomorrow|today|end of|monday|tuesday|wednesday|thursday|friday|saturday|sunday|morning|evening|eod)`,
        `\\b(?:fix|solution|patch|repair) (?:\\w+ ){0,3}(?:soon|shortly|any (?:minute|moment)|momentarily|imminent\\w*|tonight|tomorrow|today)\\b`,
        `\\b(?:only|just|another|no more than|at most|a matter of) (?:take |takes |be )?(?:about |around )?${span}`,
        `\\bshould(?:n't| not)? (?:not )?(?:take|last)\\b`,
        '\\b(?:back|fixed|resolved|restored|working|normal) (?:again )?(?:very )?(?:soon|shortly|any minute|any moment|momentarily)\\b',
      ].join('|'),
    ),
  },
];

const tokenCharactersMin = 16;
const entropyMin = 3.3;

/** Long words that look drawn by lot: hashes, keys, identifiers. */
const randomToken = (text: string): string | null => {
  for (const [token] of text.matchAll(/[A-Za-z0-9+/_=-]{7,}/g)) {
    if (/^[0-9a-f]{7,}$/i.test(token) && /\d/.test(token) && /[a-f]/i.test(token)) return token;
    if (/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(token)) return token;
    if (token.length < tokenCharactersMin) continue;
    const kinds = [/[a-z]/, /[A-Z]/, /\d/].filter((kind) => kind.test(token)).length;
    if (kinds === 3 && entropy(token) >= entropyMin) return token;
    if (kinds === 2 && /\d/.test(token) && !/^[A-Za-z]+-\d{4}-\d+$/.test(token) && entropy(token) >= entropyMin + 0.2)
      return token;
  }
  return null;
};

/** Shannon, bits per character. */
const entropy = (token: string): number => {
  const counts = new Map<string, number>();
  for (const character of token) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / token.length) * Math.log2(count / token.length);
  return bits;
};

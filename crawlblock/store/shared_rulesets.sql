-- Which rule sets of no known template many hosts share, found from all snapshots: `shared` in
-- origin_of.  One that names a single crawler is alike by chance, and one of a single registered
-- domain has one owner, however many hosts it has.

-- What all rules of a text are known by.  It is made with the views, so that a database of this layout
-- that was made before has it, too.
CREATE TABLE IF NOT EXISTS conclusions.text_rules (
    text  UINTEGER NOT NULL,
    rules VARCHAR NOT NULL
);
COMMENT ON TABLE conclusions.text_rules IS 'All rules of each text, whether they block or not.';
COMMENT ON COLUMN conclusions.text_rules.text IS 'The text.';
COMMENT ON COLUMN conclusions.text_rules.rules IS 'Digest of its groups with agents and rules in any order; the agent and the rule where it has no more than one of each: texts are alike by chance then.';

-- One agent and one rule, or what HTTP said: such a name has a space, a digest has none.
CREATE MACRO alike_by_chance(name) AS contains(name, ' ');

-- The rule sets that sites wrote themselves, with the registered crawlers that they name, as bits.
-- Those with the same crawlers, if they are many, are one family, whatever else they name.
CREATE VIEW own_rulesets AS
SELECT ruleset, crawlers, bits, CASE WHEN crawlers >= 8 THEN CAST(bits AS VARCHAR) ELSE ruleset END AS family
FROM (
    SELECT v.ruleset, count(DISTINCT v.crawler) AS crawlers,
           bitstring_agg(CAST(v.crawler AS INTEGER), 0, 4095) AS bits
    FROM conclusions.verdicts v
    WHERE v.ruleset IS NOT NULL AND v.authored_by = 'own' AND v.basis = 'named'
    GROUP BY v.ruleset
);

-- How many hosts and registered domains have had a rule set of each family.
CREATE VIEW ruleset_families AS
WITH held AS (
    SELECT DISTINCT v.policy, r.family
    FROM conclusions.verdicts v JOIN own_rulesets r ON r.ruleset = v.ruleset
    WHERE r.crawlers > 1
), hosts AS (
    SELECT DISTINCT j.policy, c.host
    FROM conclusions.captures c
    SEMI JOIN kept_snapshots s ON s.id = c.snapshot
    JOIN facts.fetches f ON f.id = c.last
    JOIN facts.payloads p ON p.id = f.payload
    JOIN conclusions.judgements j ON j.text = p.text
    WHERE c.resource = '/robots.txt' AND c.outcome = 'ok'
        AND j.policy IN (SELECT policy FROM held)
)
SELECT h.family, any_value(r.bits) AS bits, any_value(r.crawlers) AS crawlers,
       h.hosts, h.domains, h.hosts >= 5 AND h.domains > 1 AS shared
FROM (
    SELECT d.family, count(DISTINCT s.host) AS hosts,
           count(DISTINCT coalesce(n.domain, n.host)) AS domains
    FROM held d
    JOIN hosts s ON s.policy = d.policy
    JOIN facts.hosts n ON n.id = s.host
    GROUP BY d.family
) h
JOIN own_rulesets r ON r.family = h.family
GROUP BY ALL;

-- Families of many crawlers that are nearly a shared one: at least nine tenths of the crawlers that
-- either names (Jaccard).  Two that are so alike share one of their rarest crawlers, so only
-- families with one in common are compared.
CREATE VIEW near_rulesets AS
WITH families AS (
    SELECT family, bits, crawlers, shared FROM ruleset_families WHERE crawlers >= 8
), named AS (
    SELECT DISTINCT f.family, v.crawler
    FROM families f
    JOIN own_rulesets r ON r.family = f.family
    JOIN conclusions.verdicts v ON v.ruleset = r.ruleset
    WHERE v.basis = 'named'
), rarest AS (
    SELECT n.family, n.crawler
    FROM named n
    JOIN (SELECT crawler, count(*) AS families FROM named GROUP BY crawler) c
        ON c.crawler = n.crawler
    JOIN families f ON f.family = n.family
    QUALIFY row_number() OVER (PARTITION BY n.family ORDER BY c.families, n.crawler)
        <= f.crawlers - ceil(0.9 * f.crawlers) + 1
), pairs AS (
    SELECT DISTINCT a.family, b.family AS core
    FROM rarest a JOIN rarest b ON b.crawler = a.crawler AND b.family <> a.family
    WHERE b.family IN (SELECT family FROM families WHERE shared)
        AND a.family NOT IN (SELECT family FROM families WHERE shared)
)
SELECT p.family, arg_max(p.core, (bit_count(a.bits & b.bits) / bit_count(a.bits | b.bits), p.core))
           AS core
FROM pairs p
JOIN families a ON a.family = p.family
JOIN families b ON b.family = p.core
WHERE bit_count(a.bits & b.bits) >= 0.9 * bit_count(a.bits | b.bits)
GROUP BY p.family;

-- The rule sets that at least five hosts of two registered domains share.
CREATE VIEW shared_rulesets AS
SELECT r.ruleset, r.crawlers, f.hosts, f.domains, false AS near
FROM own_rulesets r JOIN ruleset_families f ON f.family = r.family
WHERE f.shared AND r.crawlers > 1
UNION ALL
SELECT r.ruleset, r.crawlers, f.hosts, f.domains, true
FROM near_rulesets n
JOIN own_rulesets r ON r.family = n.family
JOIN ruleset_families f ON f.family = n.core;

-- Where the rules that block come from.
CREATE MACRO origin_of(authored_by, act, shared) AS CASE
    WHEN authored_by = 'wildcard' THEN 'wildcard'
    WHEN authored_by <> 'own' THEN coalesce(act, 'copied')
    WHEN shared THEN 'shared' ELSE 'alone' END;

COMMENT ON VIEW own_rulesets IS 'Rule sets of no known template, and the registered crawlers they name.';
COMMENT ON VIEW ruleset_families IS 'Rule sets that name the same crawlers, with the hosts that had them.';
COMMENT ON VIEW near_rulesets IS 'Rule sets that nearly are one that many hosts share.';
COMMENT ON VIEW shared_rulesets IS 'Rule sets of no known template that at least five hosts of two registered domains share, in all snapshots.';
COMMENT ON COLUMN shared_rulesets.ruleset IS 'The rule set.';
COMMENT ON COLUMN shared_rulesets.crawlers IS 'Registered crawlers it names: at least two.';
COMMENT ON COLUMN shared_rulesets.hosts IS 'Hosts that have had it, or the shared one that it nearly is.';
COMMENT ON COLUMN shared_rulesets.domains IS 'Their registered domains.';
COMMENT ON COLUMN shared_rulesets.near IS 'Whether it is nearly one that is shared: at least nine tenths of the crawlers that either names.';
COMMENT ON MACRO alike_by_chance IS 'Whether a rule set, or all rules of a text, are so short that hosts share them by chance.';
COMMENT ON MACRO origin_of IS 'Where rules come from: default, switch, copied, group, wildcard, shared or alone.';

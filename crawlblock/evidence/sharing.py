"""How many hosts of a database share a rule set, and where its rules come from."""

from dataclasses import dataclass

import duckdb

_SHARING = """
WITH shared AS (SELECT hosts, domains, near FROM shared_rulesets WHERE ruleset = $ruleset),
same AS (
    SELECT count(DISTINCT c.host) AS hosts, count(DISTINCT coalesce(h.domain, h.host)) AS domains
    FROM (SELECT DISTINCT policy FROM conclusions.verdicts WHERE ruleset = $ruleset) v
    JOIN conclusions.judgements j ON j.policy = v.policy
    JOIN facts.payloads p ON p.text = j.text
    JOIN facts.fetches f ON f.payload = p.id
    JOIN conclusions.captures c ON c.last = f.id
    SEMI JOIN kept_snapshots s ON s.id = c.snapshot
    JOIN facts.hosts h ON h.id = c.host
    WHERE c.resource = '/robots.txt' AND c.outcome = 'ok'
)
SELECT coalesce(shared.hosts, same.hosts), coalesce(shared.domains, same.domains),
       shared.hosts IS NOT NULL, coalesce(shared.near, false)
FROM same LEFT JOIN shared ON true LIMIT 1
"""
_ORIGIN = "SELECT origin_of($author, (SELECT act FROM templates WHERE template = $author), $shared)"


@dataclass(frozen=True, slots=True)
class Sharing:
    """Where the rules that block a crawler come from, and how many hosts have them."""

    origin: str  # as in `origin_of`: default, switch, copied, group, wildcard, shared, alone
    hosts: int  # of this database, in any snapshot; 0: the database was evaluated by other code
    domains: int  # registered ones of these hosts
    near: bool  # it is almost the same as a rule set that many hosts share


def sharing(con: duckdb.DuckDBPyConnection, author: str, ruleset: str) -> Sharing:
    """Return how many hosts have had an author's rule set."""
    ((hosts, domains, shared, near),) = con.execute(_SHARING, {"ruleset": ruleset}).fetchall()
    ((origin,),) = con.execute(_ORIGIN, {"author": author, "shared": shared}).fetchall()
    return Sharing(origin=origin, hosts=hosts, domains=domains, near=near)

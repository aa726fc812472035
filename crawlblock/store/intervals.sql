-- Intervals beyond a single share. How often each holds the truth: benchmarks/statistics.
-- greatest and least pass over NULL, which would make a bound of what is not known: hence the CASEs.

-- Names that earlier versions gave to macros below.

-- The order makes sums of floats the same on every run.
CREATE MACRO ordered_sum(x) AS sum(x ORDER BY x);

-- Over rule sets, with the weight of all hosts that follow each: how many independent ones there are
-- (Kish 1965). As the n of Wilson's interval it makes that robust to templates: the hosts of one
-- rule set say the same, so a linearised variance sees too little where few of them are large.
CREATE MACRO effective_rulesets(weight) AS
    ordered_sum(CAST(weight AS DOUBLE)) ** 2
        / nullif(ordered_sum(CAST(weight AS DOUBLE) ** 2), 0);

-- Share of first minus share of second among the same hosts, from the shares of hosts that say yes to
-- both, to the first only and to the second only: Newcombe's square-and-add with phi (Newcombe 1998,
-- Statistics in Medicine 17:2635, method 10 without continuity correction). n may be effective.
CREATE MACRO paired_phi(both_yes, first_only, second_only) AS
    coalesce((both_yes * (1 - both_yes - first_only - second_only) - first_only * second_only)
        / nullif(sqrt(greatest(0, (both_yes + first_only) * (1 - both_yes - first_only)
            * (both_yes + second_only) * (1 - both_yes - second_only))), 0), 0);
CREATE MACRO square_and_add(x, y, phi) AS CASE WHEN x IS NOT NULL AND y IS NOT NULL THEN
    sqrt(greatest(0, x * x - 2 * phi * x * y + y * y)) END;
CREATE MACRO paired_low(both_yes, first_only, second_only, n) AS
    first_only - second_only - square_and_add(
        both_yes + first_only - wilson_low(both_yes + first_only, n),
        wilson_high(both_yes + second_only, n) - both_yes - second_only,
        paired_phi(both_yes, first_only, second_only));
CREATE MACRO paired_high(both_yes, first_only, second_only, n) AS
    first_only - second_only + square_and_add(
        wilson_high(both_yes + first_only, n) - both_yes - first_only,
        both_yes + second_only - wilson_low(both_yes + second_only, n),
        paired_phi(both_yes, first_only, second_only));

-- Over strata, a share of sizes (tokens, pages): stratified_share of the weighted sizes, with Wilson's
-- interval of each stratum, their distances added up as squares (MOVER: Zou and Donner 2008).
-- A stratum known whole has no error of sampling: part_n is then NULL. members is the sum of weights.
CREATE MACRO part_n(known, known_squared, n, members) AS
    CASE WHEN n < members THEN known ** 2 / nullif(known_squared * (1 - n / members), 0) END;
CREATE MACRO total_reach(total, reach) AS
    sqrt(ordered_sum((total * reach) ** 2))
        / nullif(ordered_sum(CASE WHEN reach IS NOT NULL THEN total END), 0);
CREATE MACRO total_low(total, known, yes, n) AS
    CASE WHEN max(known) > 0 THEN
        greatest(0, stratified_share(total, known, yes) - total_reach(total,
            CASE WHEN known > 0 THEN coalesce(yes / known - wilson_low(yes / known, n), 0) END))
    END;
CREATE MACRO total_high(total, known, yes, n) AS
    CASE WHEN max(known) > 0 THEN
        least(1, stratified_share(total, known, yes) + total_reach(total,
            CASE WHEN known > 0 THEN coalesce(wilson_high(yes / known, n) - yes / known, 0) END))
    END;

-- Over strata (snapshots): does an exposure go with an event? Of n1 exposed a had it, of n0 others b.
-- Mantel and Haenszel's common odds ratio and risk difference (Greenland and Robins 1985).
CREATE MACRO mh_odds_ratio(a, n1, b, n0) AS
    ordered_sum(a * (n0 - b) / nullif(n1 + n0, 0))
        / nullif(ordered_sum(b * (n1 - a) / nullif(n1 + n0, 0)), 0);
CREATE MACRO mh_scale(n1, n0) AS ordered_sum(n1 * n0 / nullif(n1 + n0, 0));
CREATE MACRO mh_risk_difference(a, n1, b, n0) AS
    ordered_sum((a * n0 - b * n1) / nullif(n1 + n0, 0)) / nullif(mh_scale(n1, n0), 0);
-- What some hosts of a stratum, so many of them with the event, add to the risk difference times
-- mh_scale beyond what is expected. Hosts come back in every stratum, and an interval that takes them
-- as new each time is far too short; with the sum of this by host, the error is
-- sqrt(sum of squares * hosts / (hosts - 1)) / mh_scale.
CREATE MACRO mh_residual(events, hosts, exposed, a, n1, b, n0) AS
    CASE WHEN exposed THEN (events - hosts * a / nullif(n1, 0)) * n0 / (n1 + n0)
         ELSE (hosts * b / nullif(n0, 0) - events) * n1 / (n1 + n0) END;
-- The p of an estimate that is z errors away from 0 (Abramowitz and Stegun 26.2.17; relative error
-- below 1 % up to z = 7).
CREATE MACRO two_sided_p(z) AS CASE WHEN z IS NOT NULL THEN
    least(1, 2 * exp(-z * z / 2) * 0.3989422804014327 * list_sum(list_transform(
        [(1, 0.319381530), (2, -0.356563782), (3, 1.781477937), (4, -1.821255978), (5, 1.330274429)],
        lambda term: term[2] / (1 + 0.2316419 * abs(z)) ** term[1]))) END;

-- Why there is no estimate; NULL if there is one.
CREATE MACRO no_estimate(n, n_unknown) AS CASE
    WHEN coalesce(n, 0) + coalesce(n_unknown, 0) = 0 THEN 'there are no hosts'
    WHEN coalesce(n, 0) = 0 THEN 'none of the hosts is known' END;

COMMENT ON MACRO ordered_sum IS 'Sum of floats in ascending order, the same on every run.';
COMMENT ON MACRO effective_rulesets IS 'Effective number of independent rule sets, over the weights of rule sets.';
COMMENT ON MACRO paired_phi IS 'Correlation of two answers of the same hosts.';
COMMENT ON MACRO square_and_add IS 'Length of two distances whose errors correlate by phi.';
COMMENT ON MACRO paired_low IS 'Lower end of Newcombe''s 95 % interval of a paired difference of shares.';
COMMENT ON MACRO paired_high IS 'Upper end of Newcombe''s 95 % interval of a paired difference of shares.';
COMMENT ON MACRO part_n IS 'Effective size of a stratum, larger the more of it is known; NULL if all is.';
COMMENT ON MACRO total_reach IS 'Distance of an end of total_low or total_high from the share.';
COMMENT ON MACRO total_low IS 'Lower end of the 95 % interval of a share of sizes over strata.';
COMMENT ON MACRO total_high IS 'Upper end of the 95 % interval of a share of sizes over strata.';
COMMENT ON MACRO two_sided_p IS 'Two-sided p of a normal z.';
COMMENT ON MACRO mh_odds_ratio IS 'Mantel and Haenszel''s common odds ratio; NULL if infinite.';
COMMENT ON MACRO mh_risk_difference IS 'Mantel and Haenszel''s common risk difference.';
COMMENT ON MACRO mh_scale IS 'Divisor of mh_risk_difference.';
COMMENT ON MACRO mh_residual IS 'What hosts of a stratum add to mh_risk_difference times mh_scale.';
COMMENT ON MACRO no_estimate IS 'Why there is no estimate; NULL if there is one.';

-- Intervals beyond a single share. How often each holds the truth: benchmarks/statistics.
-- greatest and least pass over NULL, which would make a bound of what is not known: hence the CASEs.

-- The order makes sums of floats the same on every run.
CREATE MACRO ordered_sum(x) AS sum(x ORDER BY x);

-- Wilson's interval for another level than 95 %: z is the normal quantile of one end.
CREATE MACRO wilson_low_at(p, n, z) AS CASE WHEN n > 0 AND p IS NOT NULL THEN
    least(p, greatest(0, (p + z * z / (2 * n) - z
        * sqrt(greatest(0, p * (1 - p)) / n + z * z / (4 * n * n))) / (1 + z * z / n))) END;
CREATE MACRO wilson_high_at(p, n, z) AS 1 - wilson_low_at(1 - p, n, z);

-- Bounds with sampling error: the interval that holds the true share in 95 % of samples wherever
-- between the bounds it lies (Imbens and Manski 2004, Econometrica 72:1845). With the bounds far
-- apart only one end can miss, so z falls from 1.96 to 1.645; width is the distance of the bounds in
-- standard errors. z solves Phi(z + width) - Phi(-z) = 0.95; this curve is within 0.0002 of it.
CREATE MACRO bounds_z(width) AS 1.6448536269514722 + 0.3151103575885818
    * exp(-least(700, width * (1.5747461 + width * (0.5409355 + width * 0.0334099))));
CREATE MACRO bounds_width(bound_low, bound_high, n) AS CASE WHEN bound_high > bound_low
    THEN least(100, (bound_high - bound_low) / greatest(1e-9, sqrt(greatest(
        bound_low * (1 - bound_low), bound_high * (1 - bound_high), 0) / n))) ELSE 0 END;
-- bound_low takes all unknown hosts as no, bound_high as yes; n is the (effective) number of hosts
-- asked, the unknown ones with them. NULL without n: where nothing was sampled, the bounds are exact.
CREATE MACRO manski_low(bound_low, bound_high, n) AS
    wilson_low_at(bound_low, n, bounds_z(bounds_width(bound_low, bound_high, n)));
CREATE MACRO manski_high(bound_low, bound_high, n) AS
    wilson_high_at(bound_high, n, bounds_z(bounds_width(bound_low, bound_high, n)));

-- Over strata of a sample: the n that gives Wilson's interval the variance of the design,
-- sum W^2 (1 - f) p (1 - p) / (n - 1), but at most Kish's size with the same correction: a stratum
-- whose known hosts all agree seems to have no error, and such strata may hold most of the web.
-- W is the stratum's part of the population, f the part of it that is known, n Kish's size where
-- weights differ within a stratum. NULL if the whole population is known. total is the weight of all
-- hosts, known and yes that of those.
CREATE MACRO stratum_size(known, known_squared) AS
    CAST(known AS DOUBLE) ** 2 / nullif(known_squared, 0);
CREATE MACRO stratum_squared(total, size) AS  -- W^2 (1 - f), with totals in place of parts
    CAST(total AS DOUBLE) * greatest(0, total - size);
CREATE MACRO design_size(total, size, share, p) AS
    ordered_sum(CASE WHEN size > 0 THEN CAST(total AS DOUBLE) END) ** 2 * least(
        p * (1 - p) / nullif(ordered_sum(stratum_squared(total, size) * share * (1 - share)
            / greatest(size - 1, 1)), 0),
        1 / nullif(ordered_sum(stratum_squared(total, size) / size), 0));
CREATE MACRO design_n(total, known, known_squared, yes) AS design_size(
    total, stratum_size(known, known_squared), yes / nullif(CAST(known AS DOUBLE), 0),
    stratified_share(total, known, yes));

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

-- The end of a normal interval of a difference of shares, which may reach too far: within -1 and 1.
CREATE MACRO as_difference(x) AS CASE WHEN x IS NOT NULL THEN greatest(-1, least(1, x)) END;

-- Student's two-sided 95 % quantile (Abramowitz and Stegun 26.7.5; a table below 5 degrees); NULL
-- below 1, for one cluster tells nothing about the others.
CREATE MACRO student_95(freedom) AS CASE
    WHEN freedom < 1 THEN NULL
    WHEN freedom < 5 THEN [12.706204736, 4.30265273, 3.182446305, 2.776445105][CAST(freedom AS INTEGER)]
    ELSE 1.959963984540054 + 2.3722712259 / freedom + 2.8224986 / freedom ** 2
        + 2.5558489 / freedom ** 3 + 1.5895342 / freedom ** 4 END;

-- Over strata, a share of sizes (tokens, pages): stratified_share of the weighted sizes, with Wilson's
-- interval of each stratum, their distances added up as squares (MOVER: Zou and Donner 2008).
-- A stratum known whole has no error of sampling: part_n is then NULL. It is Kish's size with
-- Student's quantile for as many degrees of freedom, less one; left is the part that is not known.
CREATE MACRO part_n(known, known_squared, left_over) AS CASE WHEN left_over > 0 THEN
    known ** 2 / nullif(known_squared * left_over, 0)
        * (1.959963984540054
            / student_95(floor(greatest(1, known ** 2 / nullif(known_squared, 0) - 1)))) ** 2 END;
-- A sum over known hosts, each with its squared distance to the share p, from the same of those that
-- say yes and of all; without distances where all say the same.
CREATE MACRO spread_of(p, yes, known) AS CASE WHEN p > 0 AND p < 1
    THEN (1 - p) ** 2 * yes + p ** 2 * (known - yes) ELSE known END;
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

-- Why there is no estimate; NULL if there is one.  Of known hosts there is none if all weigh 0.
CREATE MACRO no_estimate(n, n_unknown, estimate := 0) AS CASE
    WHEN coalesce(n, 0) + coalesce(n_unknown, 0) = 0 THEN 'there are no hosts'
    WHEN coalesce(n, 0) = 0 THEN 'none of the hosts is known'
    WHEN estimate IS NULL THEN 'no known host has a weight above 0' END;

COMMENT ON MACRO ordered_sum IS 'Sum of floats in ascending order, the same on every run.';
COMMENT ON MACRO wilson_low_at IS 'Lower end of Wilson''s interval with a normal quantile z.';
COMMENT ON MACRO wilson_high_at IS 'Upper end of Wilson''s interval with a normal quantile z.';
COMMENT ON MACRO bounds_z IS 'Imbens and Manski''s z at 95 %, from the distance of the bounds in standard errors.';
COMMENT ON MACRO bounds_width IS 'Distance of two bounds in standard errors.';
COMMENT ON MACRO manski_low IS 'Lower end of Imbens and Manski''s 95 % interval of a share between bounds.';
COMMENT ON MACRO manski_high IS 'Upper end of Imbens and Manski''s 95 % interval of a share between bounds.';
COMMENT ON MACRO stratum_size IS 'Kish''s size of a stratum''s known hosts.';
COMMENT ON MACRO stratum_squared IS 'Square of a stratum''s total less what is known of it.';
COMMENT ON MACRO design_size IS 'design_n, from the sizes and shares of strata.';
COMMENT ON MACRO design_n IS 'The n for Wilson''s interval that has the variance of a stratified sample; NULL if all is known.';
COMMENT ON MACRO effective_rulesets IS 'Effective number of independent rule sets, over the weights of rule sets.';
COMMENT ON MACRO paired_phi IS 'Correlation of two answers of the same hosts.';
COMMENT ON MACRO square_and_add IS 'Length of two distances whose errors correlate by phi.';
COMMENT ON MACRO paired_low IS 'Lower end of Newcombe''s 95 % interval of a paired difference of shares.';
COMMENT ON MACRO paired_high IS 'Upper end of Newcombe''s 95 % interval of a paired difference of shares.';
COMMENT ON MACRO as_difference IS 'A difference of shares within -1 and 1.';
COMMENT ON MACRO part_n IS 'Effective size of a stratum, larger the more of it is known; NULL if all is.';
COMMENT ON MACRO spread_of IS 'Sum over known hosts, each with its squared distance to the share.';
COMMENT ON MACRO student_95 IS 'Student''s two-sided 95 % quantile.';
COMMENT ON MACRO total_reach IS 'Distance of an end of total_low or total_high from the share.';
COMMENT ON MACRO total_low IS 'Lower end of the 95 % interval of a share of sizes over strata.';
COMMENT ON MACRO total_high IS 'Upper end of the 95 % interval of a share of sizes over strata.';
COMMENT ON MACRO two_sided_p IS 'Two-sided p of a normal z.';
COMMENT ON MACRO mh_odds_ratio IS 'Mantel and Haenszel''s common odds ratio; NULL if infinite.';
COMMENT ON MACRO mh_risk_difference IS 'Mantel and Haenszel''s common risk difference.';
COMMENT ON MACRO mh_scale IS 'Divisor of mh_risk_difference.';
COMMENT ON MACRO mh_residual IS 'What hosts of a stratum add to mh_risk_difference times mh_scale.';
COMMENT ON MACRO no_estimate IS 'Why there is no estimate; NULL if there is one.';

# Sizes and powers of single tests, by base R (stats) and rpact (Farrington & Manning 1990; Schoenfeld 1981).
# Run: Rscript tests/reference/power.R > tests/reference/power.json   (needs rpact and jsonlite)
suppressMessages({library(jsonlite); library(rpact)})

rates <- list(c(.4, .45, .8), c(.4, .45, .9), c(.4, .45, 1 - .2 / 3), c(.4, .45, .95), c(.1, .12, .8), c(.05, .06, .9),
              c(.02, .025, .8), c(.9, .92, .8), c(.5, .6, .9))
prop <- lapply(rates, function(r) list(rates = r[1:2], power = r[3], n = power.prop.test(p1 = r[1], p2 = r[2], power = r[3])$n))
t <- lapply(list(c(64, .5, 1, .05), c(7, 1.5, 1, .05), c(1000, .1, 1, .01), c(250, 3, 12, .05), c(30, .2, 1, .1), c(4, 2, 1, .05)),
            function(a) list(n = a[1], delta = a[2], sd = a[3], alpha = a[4],
                             power = power.t.test(n = a[1], delta = a[2], sd = a[3], sig.level = a[4])$power))
tn <- lapply(list(c(.25, 1, .9), c(1, 12, .8), c(.8, 1, .95)),
             function(a) list(delta = a[1], sd = a[2], power = a[3], n = power.t.test(delta = a[1], sd = a[2], power = a[3])$n))

# rpact calls the treatment's rate pi1 and the control's pi2; ratio: treatment's units over the control's.
margins <- list(c(.5, .5, -.1, 1), c(.85, .85, -.05, 1), c(.1, .1, .03, 1), c(.02, .02, .01, 1), c(.4, .42, -.02, 2),
                c(.9, .9, -.04, .25), c(.3, .3, .05, .5))
difference <- lapply(margins, function(m) {
  found <- getSampleSizeRates(pi1 = m[2], pi2 = m[1], thetaH0 = m[3], sided = 1, alpha = .025, beta = .2,
                              allocationRatioPlanned = m[4], normalApproximation = TRUE)
  list(rates = m[1:2], margin = m[3], ratio = m[4], n1 = found$nFixed1[1], n2 = found$nFixed2[1])
})
ratios <- lapply(list(c(.5, .5, .85, 1), c(.2, .2, 1.25, 1), c(.1, .1, .8, 1), c(.3, .36, 1.05, 2)), function(m) {
  found <- getSampleSizeRates(pi1 = m[2], pi2 = m[1], riskRatio = TRUE, thetaH0 = m[3], sided = 1, alpha = .025, beta = .2,
                              allocationRatioPlanned = m[4], normalApproximation = TRUE)
  list(rates = m[1:2], margin = m[3], ratio = m[4], n1 = found$nFixed1[1], n2 = found$nFixed2[1])
})
events <- lapply(list(c(.7, 1, .8), c(.8, 1, .9), c(1.3, 1, .8), c(.75, 3, .8)), function(m)
  list(hazard_ratio = m[1], ratio = m[2], power = m[3],
       events = getSampleSizeSurvival(hazardRatio = m[1], lambda2 = .02, sided = 1, alpha = .025, beta = 1 - m[3],
                                      allocationRatioPlanned = m[2], typeOfComputation = "Schoenfeld")$eventsFixed[1]))
cat(toJSON(list(prop = prop, t = t, t_sizes = tn, difference = difference, ratios = ratios, events = events,
                versions = list(R = R.version.string, rpact = as.character(packageVersion("rpact")))),
           auto_unbox = TRUE, digits = NA, pretty = TRUE))

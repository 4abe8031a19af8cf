# Makes recurrent.json: the mean cumulative function and its robust variance from R's package survival, which
# tests/stats/test_curves_against_oracles.py compares with. Run: Rscript recurrent.R
# Debian packages: r-base-core r-cran-jsonlite r-cran-survival.
suppressMessages({library(jsonlite); library(survival)})

# rhDNase: exacerbations of cystic fibrosis, days since entry. The days on antibiotics count as at risk here, so that
# who is at risk on a day was at risk on all days before, as units of an experiment are. The event of a day is counted
# in the interval (day - 1, day].
d <- rhDNase
follow <- tapply(as.integer(d$end.dt - d$entry.dt), d$id, max)
treated <- tapply(d$trt, d$id, max)
events <- lapply(split(d$ivstart, d$id), function(day) sort(unique(as.integer(day[!is.na(day) & day > 0]))))
events <- Map(function(day, end) day[day <= end], events, as.list(follow))

process <- function(ids, width) {
  do.call(rbind, lapply(ids, function(i) {
    stops <- seq(width, width * floor(follow[[i]] / width), by = width)
    if (follow[[i]] < width) return(NULL)
    count <- sapply(stops, function(s) sum(events[[i]] > s - width & events[[i]] <= s))
    data.frame(id = i, start = stops - width, stop = stops, count = count)
  }))
}

# survfit takes events of 0 or 1, so daily intervals; last: the last day.
by_day <- function(ids, last) {
  rows <- process(ids, 1)
  stopifnot(all(rows$count <= 1))
  rows <- rows[rows$stop <= last, ]
  fit <- survfit(Surv(start, stop, count) ~ 1, rows, cluster = id, robust = TRUE)
  at <- summary(fit, times = 1:last, censored = TRUE, extend = TRUE)
  list(at_risk = at$n.risk, cumulative = fit$cumhaz, error = fit$std.chaz, time = fit$time)
}

arms <- lapply(0:1, function(a) {
  ids <- names(treated)[treated == a]
  list(follow = as.integer(follow[ids]), events = unname(lapply(events[ids], as.list)), daily = by_day(ids, 60),
    # The late days, when units leave: days 121 to 180 as their own process.
    late = {
      rows <- process(ids, 1); rows <- rows[rows$stop > 120 & rows$stop <= 180, ]
      fit <- survfit(Surv(start, stop, count) ~ 1, rows, cluster = id, robust = TRUE)
      list(time = fit$time, at_risk = fit$n.risk, cumulative = fit$cumhaz, error = fit$std.chaz)
    })
})
writeLines(toJSON(list(rhDNase = arms), auto_unbox = TRUE, digits = NA), "recurrent.json")

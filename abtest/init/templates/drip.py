"""Two cadences of a drip to existing customers."""

SUMMARY = "two mailing cadences to existing customers: who stays, what it earns, who unsubscribes"

TEXT = """
# A drip experiment: do existing customers stay longer when they hear from us more often?
# Lines to make your own are marked `change:`. To try it as it is, with simulated customers:
#   abtest simulate THIS_FILE --data data

name: $name
title: Two cadences of the e-mail drip              # change: what the report calls it
# change: what you believe, written before the start.
hypothesis: $hypothesis
unit: $unit                                         # change: the column of the customer's id, in every table
timezone: $timezone                                 # change: the zone of the dates below, such as Europe/Helsinki

# Enrolment: six whole weeks, so that every day of the week counts alike. `through` is the last day that the exported
# events cover completely. While events still come in, leave it out: what has not happened yet would count as zero.
period: {start: $start, end: $end, through: $through}   # change

# The arms, named as the assignments table writes them. Weights are the planned shares, 1 and 1 for half and half.
# The cadence is the time between two sends; `abtest` checks that every window holds whole sends of both.
arms:                                               # change: names, cadences, descriptions
$arms

# Who may be counted, by facts known before the start. One who joins later is never counted, whatever they do.
population:
  eligible: first_order_at < period.start           # change: a column of data.customers

# `abtest assign` draws the arms: each customer enters when the drip reaches them, and their windows start then.
assignment: {at: enrolled_at}                       # change: a column of data.customers; or delete the line

# The tables: CSV, Parquet or NDJSON; paths start from this file's folder; orders/*.parquet is fine.
data:                                               # change: paths and columns
  customers: {path: data/customers.parquet}
  assignments: {path: data/assignments.parquet, arm: arm, at: assigned_at}
  orders: {path: data/orders.parquet, at: ordered_at, value: amount}
  sends: {path: data/sends.parquet, at: sent_at}
  unsubscribes: {path: data/unsubscribes.parquet, at: unsubscribed_at}

# What is compared. Windows are [from, to) in 24-hour days since each customer's own assignment. They are multiples of
# $step days, the shortest time that holds whole sends of every cadence; one that holds, say, a weekly send and no
# biweekly one would measure the calendar and not the customers.
metrics:
  # primary: it decides. One is best. Did they order again once the first weeks were over?
  retained_$span:
    title: Retained in $weeks
    role: primary
    type: retention
    event: orders
    window: [${low}d, ${high}d]
  # secondary: it explains. What they ordered before (the covariate) explains part of what they order now.
  orders_${high}d:
    title: Orders in $length
    type: count
    event: orders
    window: [0d, ${high}d]
    covariate: {window: [-${high}d, 0d]}
  revenue_${high}d:
    title: Revenue in $length
    type: sum
    event: orders
    window: [0d, ${high}d]
    unit: EUR                                       # change: the currency
    covariate: {window: [-${high}d, 0d]}
  # What it costs: e-mails sent to a customer. Less is better.
  emails_${high}d: {title: "E-mails in $length", type: count, event: sends, window: [0d, ${high}d], good: down}
  # guardrail: it must not get worse by more than its margin, here one percentage point, or nothing ships.
  unsubscribed_${high}d:
    title: Unsubscribed in $length
    role: guardrail
    type: conversion
    event: unsubscribes
    window: [0d, ${high}d]
    good: down
    margin: 1pp                                     # change: how much worse you would accept; a business decision

# How it is tested: 95 % intervals. With several primary comparisons, p-values are corrected by Holm's method.
analysis: {confidence: 0.95, correction: holm}
report: {formats: [pdf, png]}
"""

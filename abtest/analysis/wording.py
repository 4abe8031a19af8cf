"""Numbers inside the sentences of a decision."""

from abtest.analysis.result import ArmResult, Comparison, Effect, MetricResult

MINUS = "\u2212"


def effect_in_words(metric: MetricResult, effect: Effect, confidence: float) -> str:
    """Return ``+3.0 percentage points (95 % interval +1.4 to +4.6)``."""
    factor, unit = (100.0, " percentage points") if metric.kind == "rate" else (1.0, f" {metric.unit}".rstrip())
    if effect.estimate is None:
        return "not estimable"
    width = (effect.high - effect.low) * factor if effect.low is not None and effect.high is not None else None
    decimals = _decimals(width if width else abs(effect.estimate) * factor)
    text = _signed(effect.estimate * factor, decimals) + unit
    if effect.low is not None and effect.high is None:
        return f"{text} ({confidence * 100:g} % interval above {_signed(effect.low * factor, decimals)})"
    if effect.high is not None and effect.low is None:
        return f"{text} ({confidence * 100:g} % interval below {_signed(effect.high * factor, decimals)})"
    if effect.low is None or effect.high is None:
        return text
    low, high = _signed(effect.low * factor, decimals), _signed(effect.high * factor, decimals)
    return f"{text} ({confidence * 100:g} % interval {low} to {high})"


def value_in_words(metric: MetricResult, arm: ArmResult) -> str:
    """Return ``47.9 %`` or ``12.30 EUR``."""
    if arm.value is None:
        return "not known"
    if metric.kind == "rate":
        return f"{arm.value * 100:.{_decimals(arm.value * 10)}f} %"
    return f"{arm.value:,.{_decimals(abs(arm.value) / 10)}f} {metric.unit}".rstrip()


def p_in_words(p_value: float) -> str:
    """Return ``p = 0.003`` or ``p < 0.001``."""
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}" if p_value < 0.9995 else "p > 0.999"


def shown_difference(comparison: Comparison) -> Effect:
    """Return the difference that the decision goes by: at the corrected level where there is one."""
    return comparison.adjusted_difference or comparison.difference


def _signed(value: float, decimals: int) -> str:
    text = f"{abs(value):,.{decimals}f}"
    if not any(digit in text for digit in "123456789"):
        return text
    return ("+" if value > 0 else MINUS) + text


def _decimals(width: float) -> int:
    """Return decimals that show two significant digits of ``width``, 1 to 6; 1 for a width of 0."""
    if width == 0:
        return 1
    for decimals in range(1, 6):
        if width * 10**decimals >= 10:
            return decimals
    return 6

//! Durations as Terraform users write them: Go's `30m`, `1h30m`, `1.5h`.

use std::time::Duration;

use tfplugin::Attr;

use super::model::Timeouts;

/// The duration of one operation, or its default. Validation has seen the text before.
pub fn read(timeouts: &Attr<Timeouts>, field: impl Fn(&Timeouts) -> &Attr<String>, default: Duration) -> Duration {
    timeouts.known().and_then(|timeouts| field(timeouts).known()).and_then(|text| parse(text)).unwrap_or(default)
}

/// A positive duration, or `None`.
pub fn parse(text: &str) -> Option<Duration> {
    const UNITS: [(&str, f64); 7] =
        [("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let (mut rest, mut seconds) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let factor = UNITS.iter().find(|(name, _)| *name == unit)?.1;
        seconds += number.parse::<f64>().ok()? * factor;
        rest = tail;
    }
    Duration::try_from_secs_f64(seconds).ok().filter(|duration| !duration.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gos_durations_are_read() {
        for (text, seconds) in [("30m", 1800.0), ("1h30m", 5400.0), ("1.5h", 5400.0), ("45s", 45.0), ("300ms", 0.3)] {
            assert_eq!(parse(text).unwrap().as_secs_f64(), seconds, "{text}");
        }
        for text in ["", "30", "m", "-1h", "1x", "0s", "1h 30m"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

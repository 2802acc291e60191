use std::{error, fmt, str::FromStr};

use bigdecimal::{BigDecimal, ToPrimitive};

/// Digits before or after the point that a number may have. Terraform keeps about 155 of them exactly;
/// the bound stops a text such as `1e999999999` from becoming a gigabyte of zeros.
const MAX_DIGITS: i64 = 5_000;

/// An exact decimal number. Equality and order are those of the number, so 1.50 is 1.5.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(BigDecimal);

impl Number {
    /// The number as an integer; `None` if it has a fraction or is too large.
    pub fn to_i64(&self) -> Option<i64> {
        self.0.is_integer().then(|| self.0.to_i64()).flatten()
    }

    /// The nearest floating point number.
    pub fn to_f64(&self) -> f64 {
        self.0.to_f64().unwrap_or(f64::NAN)
    }

    /// The number a person would write for this float, so 0.1 is exactly 0.1. `None` for NaN and infinity.
    pub fn from_f64(value: f64) -> Option<Number> {
        value.is_finite().then(|| format!("{value}").parse().ok())?
    }

    /// The float that is this fraction, if there is one.
    pub(super) fn to_exact_fraction(&self) -> Option<f64> {
        let float: f64 = self.to_string().parse().ok().filter(|_| !self.0.is_integer())?;
        Number::from_exact_f64(float).filter(|exact| exact == self).map(|_| float)
    }

    /// Every binary digit of a float, as one that was chosen for being exact deserves.
    pub(super) fn from_exact_f64(value: f64) -> Option<Number> {
        BigDecimal::try_from(value).ok().map(Number)
    }
}

/// Says that a text is not a number, or one beyond all reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseNumberError(());

impl fmt::Display for ParseNumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a decimal number of at most {MAX_DIGITS} digits")
    }
}

impl error::Error for ParseNumberError {}

impl FromStr for Number {
    type Err = ParseNumberError;

    fn from_str(text: &str) -> Result<Number, ParseNumberError> {
        let number: BigDecimal = text.parse().map_err(|_| ParseNumberError(()))?;
        let (_, scale) = number.as_bigint_and_exponent();
        let fits = scale.abs() <= MAX_DIGITS && number.digits() <= MAX_DIGITS.unsigned_abs();
        fits.then_some(Number(number)).ok_or(ParseNumberError(()))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.normalized().to_plain_string())
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Number({self})")
    }
}

macro_rules! from_integers {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Number {
            fn from(value: $integer) -> Number {
                Number(BigDecimal::from(value))
            }
        }
    )*};
}

from_integers!(i32, i64, u8, u16, u32, u64);

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_are_shown_in_plain_decimal() {
        assert_eq!(number("1e30").to_string(), format!("1{}", "0".repeat(30)));
        assert_eq!(number("0.10").to_string(), "0.1");
        assert_eq!(number("-1.5e-3").to_string(), "-0.0015");
        assert_eq!(number("0.000").to_string(), "0");
    }

    #[test]
    fn numbers_are_equal_by_value() {
        assert_eq!(number("1.50"), number("1.5"));
        assert_eq!(number("1e2"), Number::from(100u32));
        assert_ne!(number("9007199254740993"), number("9007199254740992"));
    }

    #[test]
    fn an_integer_is_whole_and_in_range() {
        assert_eq!(number("5.0").to_i64(), Some(5));
        assert_eq!(number("5.5").to_i64(), None);
        assert_eq!(number("-9223372036854775808").to_i64(), Some(i64::MIN));
        assert_eq!(number("9223372036854775808").to_i64(), None);
    }

    #[test]
    fn floats_become_what_a_person_would_write() {
        assert_eq!(Number::from_f64(0.1), Some(number("0.1")));
        assert_eq!(Number::from_f64(f64::NAN), None);
        assert_eq!(Number::from_f64(f64::INFINITY), None);
        assert_eq!(number("0.5").to_f64(), 0.5);
    }

    #[test]
    fn numbers_beyond_reason_are_refused() {
        assert!("1e999999999".parse::<Number>().is_err());
        assert!("1e-999999999".parse::<Number>().is_err());
        assert!("ten".parse::<Number>().is_err());
    }
}

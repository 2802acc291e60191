//! Log lines in the form that Terraform understands, on stderr. Never put values of users into them.

use std::{
    env,
    io::Write,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Map, Value as Json};

/// Longer texts are cut: Terraform reads a line of at most 64 KiB as one.
const MAX_TEXT: usize = 8 * 1024;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

/// The least level that is written; `None` writes nothing.
static THRESHOLD: OnceLock<Option<Level>> = OnceLock::new();

tokio::task_local! {
    /// What every line that is written meanwhile has among its fields.
    static SPAN: Vec<(&'static str, String)>;
}

/// How many requests there have been in this process.
static REQUESTS: AtomicU64 = AtomicU64::new(0);

/// Does the work of one request. Each line that is written meanwhile, by whomever, names the request.
pub(crate) async fn request<T>(rpc: &str, type_name: &str, work: impl Future<Output = T>) -> T {
    let number = REQUESTS.fetch_add(1, Ordering::Relaxed) + 1;
    let mut fields = vec![("tf_rpc", rpc.to_owned()), ("tf_req_id", number.to_string())];
    if !type_name.is_empty() {
        let kind = match rpc {
            "ValidateDataResourceConfig" | "ReadDataSource" => "tf_data_source_type",
            "CallFunction" => "tf_function",
            _ => "tf_resource_type",
        };
        fields.push((kind, type_name.to_owned()));
    }
    SPAN.scope(fields, work).await
}

/// Every detail.
pub fn trace(message: &str, fields: &[(&str, String)]) {
    write(Level::Trace, message, fields);
}

/// What helps to find a fault.
pub fn debug(message: &str, fields: &[(&str, String)]) {
    write(Level::Debug, message, fields);
}

/// What an operator may want to know.
pub fn info(message: &str, fields: &[(&str, String)]) {
    write(Level::Info, message, fields);
}

/// What is likely wrong.
pub fn warn(message: &str, fields: &[(&str, String)]) {
    write(Level::Warn, message, fields);
}

/// What is wrong.
pub fn error(message: &str, fields: &[(&str, String)]) {
    write(Level::Error, message, fields);
}

/// Takes the level from the environment: of this provider, of providers, of everything.
pub(crate) fn init(provider: &str) {
    let own = format!("TF_LOG_PROVIDER_{}", provider.replace('-', "_").to_uppercase());
    let names = [own.as_str(), "TF_LOG_PROVIDER", "TF_LOG"];
    let values = names.iter().filter_map(|name| env::var(name).ok());
    THRESHOLD.get_or_init(|| threshold(values));
}

fn threshold(mut values: impl Iterator<Item = String>) -> Option<Level> {
    let first = values.find(|value| !value.is_empty())?;
    match first.to_uppercase().as_str() {
        "OFF" => None,
        "DEBUG" => Some(Level::Debug),
        "INFO" => Some(Level::Info),
        "WARN" => Some(Level::Warn),
        "ERROR" => Some(Level::Error),
        // Terraform takes anything that it does not know for the lowest level too.
        _ => Some(Level::Trace),
    }
}

fn write(level: Level, message: &str, fields: &[(&str, String)]) {
    let wanted = THRESHOLD.get().copied().flatten();
    if wanted.is_some_and(|threshold| level >= threshold) {
        let span = SPAN.try_with(Clone::clone).unwrap_or_default();
        let line = line(SystemTime::now(), level, message, &[&span, fields].concat());
        // A log that can't be written is no reason to fail.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
}

fn line(now: SystemTime, level: Level, message: &str, fields: &[(&str, String)]) -> String {
    let level = match level {
        Level::Trace => "trace",
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    };
    let mut line = Map::new();
    line.insert("@level".to_owned(), level.into());
    line.insert("@message".to_owned(), cut(message).into());
    line.insert("@module".to_owned(), "provider".into());
    line.insert("@timestamp".to_owned(), timestamp(now).into());
    for (key, value) in fields {
        // Keys that start like this have a meaning to Terraform, which fails on surprises there.
        line.insert(key.trim_start_matches('@').to_owned(), cut(value).into());
    }
    format!("{}\n", Json::Object(line))
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT)]
}

/// RFC 3339 in UTC with exactly six digits of a second, or Terraform would not read the line.
fn timestamp(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs();
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let micros = since.subsec_micros();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

/// The date of a day since 1970. Years are counted from March, so that the leap day comes last.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64, micros: u32) -> String {
        timestamp(UNIX_EPOCH + Duration::new(seconds, micros * 1000))
    }

    #[test]
    fn timestamps_are_dates_with_six_digits() {
        assert_eq!(at(0, 0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(at(951_782_399, 7), "2000-02-28T23:59:59.000007Z");
        assert_eq!(at(951_868_799, 999_999), "2000-02-29T23:59:59.999999Z");
        assert_eq!(at(1_767_225_600, 120_000), "2026-01-01T00:00:00.120000Z");
        assert_eq!(at(4_107_542_400, 0), "2100-03-01T00:00:00.000000Z");
    }

    #[test]
    fn the_first_level_that_is_set_counts() {
        let of = |values: &[&str]| threshold(values.iter().map(|v| (*v).to_owned()));
        assert_eq!(of(&["", "warn", "trace"]), Some(Level::Warn));
        assert_eq!(of(&["off", "trace"]), None);
        assert_eq!(of(&["JSON"]), Some(Level::Trace));
        assert_eq!(of(&["loud"]), Some(Level::Trace));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn fields_never_take_the_place_of_what_terraform_reads() {
        let text = line(UNIX_EPOCH, Level::Info, "hello", &[("@level", "x\ny".to_owned())]);
        assert_eq!(text.matches('\n').count(), 1);
        let json: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(json["@level"], "info");
        assert_eq!(json["@message"], "hello");
        assert_eq!(json["level"], "x\ny");
    }
}

//! Method settings, from attributes to AWS's patch paths and back.

use std::collections::BTreeMap;
use std::str::FromStr;

use tfplugin::Attr;

use super::inputs::or_empty;
use super::model::{MapOf, MethodSettings};
use super::validate_routes::METHODS;
use crate::child::Input;
use crate::children::method_settings::Settings;

/// The settings by `*/*` or `METHOD /path`; a setting that isn't given isn't there.
pub fn method_settings(settings: &Attr<MapOf<MethodSettings>>) -> Input<BTreeMap<String, Settings>> {
    let Attr::Known(settings) = or_empty(settings) else { return Input::Unknown };
    let mut all = BTreeMap::new();
    for (key, settings) in settings {
        let (Attr::Known(settings), verbs) = (settings, verbs(&key)) else { return Input::Unknown };
        let Some(settings) = one_methods_settings(&settings) else { return Input::Unknown };
        if settings.is_empty() {
            continue;
        }
        all.extend(verbs.into_iter().map(|key| (key, settings.clone())));
    }
    Input::Known(all)
}

/// The settings in the form in which a user would write them: those that every method of a path has are `ANY`'s.
pub fn from_settings(all: BTreeMap<String, Settings>) -> Attr<MapOf<MethodSettings>> {
    let mut short = all.clone();
    for (key, settings) in &all {
        let any = format!("ANY {}", key.split_once(' ').map_or("", |(_, path)| path));
        let methods = verbs(&any);
        if methods.iter().all(|method| all.get(method) == Some(settings)) {
            methods.iter().for_each(|method| drop(short.remove(method)));
            short.insert(any, settings.clone());
        }
    }
    short.retain(|_, settings| !settings.is_empty());
    let written = |(key, settings): (String, Settings)| (key, Attr::Known(as_written(&settings)));
    if short.is_empty() { Attr::Null } else { Attr::Known(short.into_iter().map(written).collect()) }
}

fn as_written(settings: &Settings) -> MethodSettings {
    fn read<T: FromStr>(settings: &Settings, key: &str) -> Attr<T> {
        settings.get(key).and_then(|value| value.parse().ok()).into()
    }
    MethodSettings {
        metrics_enabled: read(settings, "metrics/enabled"),
        logging_level: read(settings, "logging/loglevel"),
        data_trace_enabled: read(settings, "logging/dataTrace"),
        throttling_rate_limit: read(settings, "throttling/rateLimit"),
        throttling_burst_limit: read(settings, "throttling/burstLimit"),
        caching_enabled: read(settings, "caching/enabled"),
        cache_ttl_in_seconds: read(settings, "caching/ttlInSeconds"),
        cache_data_encrypted: read(settings, "caching/dataEncrypted"),
        require_authorization_for_cache_control: read(settings, "caching/requireAuthorizationForCacheControl"),
        unauthorized_cache_control_header_strategy: read(settings, "caching/unauthorizedCacheControlHeaderStrategy"),
    }
}

/// AWS knows no settings for `ANY`, so they go to each method.
fn verbs(key: &str) -> Vec<String> {
    match key.strip_prefix("ANY ") {
        Some(path) => METHODS.iter().filter(|verb| **verb != "ANY").map(|verb| format!("{verb} {path}")).collect(),
        None => vec![key.to_string()],
    }
}

fn one_methods_settings(settings: &MethodSettings) -> Option<Settings> {
    let flag = |flag: &Attr<bool>| (*flag).map(|flag| flag.to_string());
    let number = |number: &Attr<i64>| (*number).map(|number| number.to_string());
    let all = [
        ("metrics/enabled", flag(&settings.metrics_enabled)),
        ("logging/loglevel", settings.logging_level.clone()),
        ("logging/dataTrace", flag(&settings.data_trace_enabled)),
        ("throttling/rateLimit", settings.throttling_rate_limit.clone().map(|rate| rate.to_f64().to_string())),
        ("throttling/burstLimit", number(&settings.throttling_burst_limit)),
        ("caching/enabled", flag(&settings.caching_enabled)),
        ("caching/ttlInSeconds", number(&settings.cache_ttl_in_seconds)),
        ("caching/dataEncrypted", flag(&settings.cache_data_encrypted)),
        ("caching/requireAuthorizationForCacheControl", flag(&settings.require_authorization_for_cache_control)),
        ("caching/unauthorizedCacheControlHeaderStrategy", settings.unauthorized_cache_control_header_strategy.clone()),
    ];
    let mut known = Settings::new();
    for (key, value) in all {
        match value {
            Attr::Known(value) => drop(known.insert(key.into(), value)),
            Attr::Null => {}
            Attr::Unknown => return None,
        }
    }
    Some(known)
}

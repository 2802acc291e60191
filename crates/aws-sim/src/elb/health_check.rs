//! Health check settings of a target group.

use serde_json::{Value, json};

use super::{constraint, out_of_range, validation};
use crate::error::{Outcome, fail};
use crate::query::Params;

/// How targets are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheck {
    pub protocol: String,
    pub port: String,
    pub path: Option<String>,
    pub matcher: Option<String>,
    pub interval: i64,
    pub timeout: i64,
    pub healthy: i64,
    pub unhealthy: i64,
}

impl HealthCheck {
    /// The settings of a new group.
    pub fn on_create(p: Params, target_type: &str) -> Outcome<HealthCheck> {
        let default = if target_type == "alb" { "HTTP" } else { "TCP" };
        let protocol = p.text("HealthCheckProtocol").unwrap_or(default).to_owned();
        let http = protocol == "HTTP" || protocol == "HTTPS";
        let fresh = HealthCheck {
            port: "traffic-port".to_owned(),
            path: http.then(|| "/".to_owned()),
            matcher: http.then(|| "200-399".to_owned()),
            interval: 30,
            timeout: if protocol == "HTTP" { 6 } else { 10 },
            healthy: 5,
            unhealthy: 2,
            protocol,
        };
        fresh.changed(p, target_type)
    }

    /// The settings after a change; what is left out stays.
    pub fn changed(&self, p: Params, target_type: &str) -> Outcome<HealthCheck> {
        if p.flag("HealthCheckEnabled") == Some(false) && target_type != "lambda" {
            let message =
                format!("Health check enabled must be true for target groups with target type '{target_type}'");
            return Err(validation(message));
        }
        let mut changed = self.clone();
        if let Some(protocol) = p.text("HealthCheckProtocol") {
            changed.set_protocol(protocol, target_type)?;
        }
        let http = changed.is_http();
        for (key, slot) in [("HealthCheckPath", &mut changed.path), ("Matcher", &mut changed.matcher)] {
            let given = if key == "Matcher" { matcher(p)? } else { p.text(key).map(str::to_owned) };
            if given.is_some() && !http {
                // (text unverified)
                let message = format!("{key} is not supported for health checks with protocol '{}'", self.protocol);
                return Err(fail("InvalidConfigurationRequest", message));
            }
            *slot = given.or(slot.take());
        }
        check_path(changed.path.as_deref())?;
        check_codes(changed.matcher.as_deref())?;
        changed.port = p.text("HealthCheckPort").map_or(changed.port, str::to_owned);
        if changed.port != "traffic-port" && !changed.port.parse().is_ok_and(|port: u16| port > 0) {
            return Err(validation(format!(
                "Health check port '{}' must be a number between 1 and 65535 or 'traffic-port'",
                changed.port
            )));
        }
        let number = |key: &str, before: i64, low: i64, high: i64| match p.number(key)?.unwrap_or(before) {
            value if (low..=high).contains(&value) => Ok(value),
            value => Err(out_of_range(&(key[..1].to_lowercase() + &key[1..]), value, (low, high))),
        };
        changed.interval = number("HealthCheckIntervalSeconds", changed.interval, 5, 300)?;
        changed.timeout = number("HealthCheckTimeoutSeconds", changed.timeout, 2, 120)?;
        changed.healthy = number("HealthyThresholdCount", changed.healthy, 2, 10)?;
        changed.unhealthy = number("UnhealthyThresholdCount", changed.unhealthy, 2, 10)?;
        if changed.timeout >= changed.interval {
            let (timeout, interval) = (changed.timeout, changed.interval);
            return Err(validation(format!(
                "Health check timeout '{timeout}' must be smaller than the interval '{interval}'"
            )));
        }
        Ok(changed)
    }

    /// As target groups show it.
    pub fn show(&self) -> Value {
        json!({
            "HealthCheckProtocol": self.protocol, "HealthCheckPort": self.port, "HealthCheckEnabled": true,
            "HealthCheckIntervalSeconds": self.interval, "HealthCheckTimeoutSeconds": self.timeout,
            "HealthyThresholdCount": self.healthy, "UnhealthyThresholdCount": self.unhealthy,
            "HealthCheckPath": self.path,
            "Matcher": self.matcher.as_ref().map(|codes| json!({"HttpCode": codes})),
        })
    }

    fn is_http(&self) -> bool {
        self.protocol == "HTTP" || self.protocol == "HTTPS"
    }

    fn set_protocol(&mut self, protocol: &str, target_type: &str) -> Outcome<()> {
        let allowed: &[&str] = if target_type == "alb" { &["HTTP", "HTTPS"] } else { &["HTTP", "HTTPS", "TCP"] };
        if !allowed.contains(&protocol) {
            return Err(validation(format!(
                "Health check protocol '{protocol}' must be one of {}",
                allowed.join(", ")
            )));
        }
        protocol.clone_into(&mut self.protocol);
        if self.is_http() {
            self.path.get_or_insert_with(|| "/".to_owned());
            self.matcher.get_or_insert_with(|| "200-399".to_owned());
        } else {
            // Path and matcher vanish (unverified).
            (self.path, self.matcher) = (None, None);
        }
        Ok(())
    }
}

/// From 1 to 1024 characters.
fn check_path(path: Option<&str>) -> Outcome<()> {
    match path {
        Some("") => Err(constraint("healthCheckPath", "", "have length greater than or equal to 1")),
        Some(path) if path.chars().count() > 1024 => {
            Err(constraint("healthCheckPath", path, "have length less than or equal to 1024"))
        }
        _ => Ok(()),
    }
}

/// Codes and ranges from 200 to 599, separated by commas (text unverified).
fn check_codes(codes: Option<&str>) -> Outcome<()> {
    let code = |text: &str| text.parse().is_ok_and(|code: u16| text.len() == 3 && (200..600).contains(&code));
    let part =
        |part: &str| part.split_once('-').map_or_else(|| code(part), |(from, to)| code(from) && code(to) && from <= to);
    match codes {
        Some(codes) if !codes.split(',').all(part) => {
            Err(validation(format!("Health check matcher HTTP code '{codes}' must be within '200-599'")))
        }
        _ => Ok(()),
    }
}

fn matcher(p: Params) -> Outcome<Option<String>> {
    if !p.has("Matcher") {
        return Ok(None);
    }
    match p.structure("Matcher").text("HttpCode") {
        Some(codes) => Ok(Some(codes.to_owned())),
        None => Err(validation("Matcher must contain either HttpCode or GrpcCode")),
    }
}

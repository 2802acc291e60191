//! What can be wrong with the stage.

use tfplugin::{Attr, Path};

use super::model::{AccessLogs, MethodSettings, Stage};
use super::validate::Check;
use super::validate_routes::check_key;

/// <https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html>
const CACHE_SIZES: [&str; 8] = ["0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"];
/// <https://docs.aws.amazon.com/apigateway/latest/api/API_MethodSetting.html>
const STRATEGIES: [&str; 3] = ["FAIL_WITH_403", "SUCCEED_WITH_RESPONSE_HEADER", "SUCCEED_WITHOUT_RESPONSE_HEADER"];

impl Check {
    pub(super) fn stage(&mut self, stage: Option<&Stage>) {
        let Some(stage) = stage else { return };
        let path = Path::attr("stage");
        if let Some(name) = stage.name.known() {
            let fits = |name: &str| {
                !name.is_empty() && name.len() <= 128 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            };
            if !fits(name) {
                let detail = format!("API Gateway takes letters, digits and underscores, up to 128; it is {name:?}.");
                self.error(&path.clone().attribute("name"), "Invalid name of a stage", detail);
            }
        }
        self.range(&stage.keep_deployments, &path.clone().attribute("keep_deployments"), 0, 100);
        for (name, value) in stage.variables.known().into_iter().flatten() {
            let at = path.clone().attribute("variables").key(name);
            if name.is_empty() || name.len() > 64 || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                self.error(&at, "Invalid stage variable", "The name has 1 to 64 letters, digits and underscores.");
            }
            // The value may be a secret and isn't quoted.
            // <https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html>
            let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#&=,".contains(c);
            if value.known().is_some_and(|value| value.len() > 512 || !value.chars().all(is_allowed)) {
                let detail = "The value has at most 512 characters: letters, digits and any of `-._~:/?#&=,`.";
                self.error(&at, "Invalid stage variable", detail);
            }
        }
        self.one_of(&stage.cache_cluster_size, &path.clone().attribute("cache_cluster_size"), &CACHE_SIZES);
        if let Attr::Known(logs) = &stage.access_logs {
            self.access_logs(logs, &path.clone().attribute("access_logs"));
        }
        for (key, settings) in stage.method_settings.known().into_iter().flatten() {
            let at = path.clone().attribute("method_settings").key(key);
            if let (true, Err(detail)) = (key != "*/*", check_key(key)) {
                self.error(&at, "Invalid method", format!("{detail} Or use `*/*` for all methods."));
            }
            if let Attr::Known(settings) = settings {
                self.method_settings(settings, &at);
            }
        }
    }

    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html>
    fn access_logs(&mut self, logs: &AccessLogs, path: &Path) {
        if let Attr::Known(arn) = &logs.destination_arn {
            let parts: Vec<&str> = arn.splitn(6, ':').collect();
            let is_right = match parts[..] {
                ["arn", _, "logs", _, _, rest] => rest.starts_with("log-group:"),
                ["arn", _, "firehose", _, _, rest] => rest.starts_with("deliverystream/amazon-apigateway-"),
                _ => false,
            };
            if !is_right {
                let detail = format!(
                    "It is the ARN of a log group, or of a Firehose stream whose name begins with `amazon-apigateway-`; it is {arn:?}."
                );
                self.error(&path.clone().attribute("destination_arn"), "No destination for logs", detail);
            }
        }
        let has_id =
            |format: &String| format.contains("$context.requestId") || format.contains("$context.extendedRequestId");
        if logs.format.known().is_some_and(|format| !has_id(format)) {
            let detail = "AWS wants `$context.requestId` or `$context.extendedRequestId` in it.";
            self.error(&path.clone().attribute("format"), "A request couldn't be told", detail);
        }
    }

    fn method_settings(&mut self, settings: &MethodSettings, path: &Path) {
        self.one_of(&settings.logging_level, &path.clone().attribute("logging_level"), &["OFF", "ERROR", "INFO"]);
        let strategy = path.clone().attribute("unauthorized_cache_control_header_strategy");
        self.one_of(&settings.unauthorized_cache_control_header_strategy, &strategy, &STRATEGIES);
        self.range(&settings.cache_ttl_in_seconds, &path.clone().attribute("cache_ttl_in_seconds"), 0, 3600);
        self.range(
            &settings.throttling_burst_limit,
            &path.clone().attribute("throttling_burst_limit"),
            0,
            i64::from(i32::MAX),
        );
        if settings.throttling_rate_limit.known().is_some_and(|rate| rate.to_f64() < 0.0) {
            self.error(&path.clone().attribute("throttling_rate_limit"), "Out of range", "It must not be below 0.");
        }
    }
}

//! What can be wrong with `cors`.

use tfplugin::{Attr, Path};

use super::cors::disagreements;
use super::inputs::known_entries;
use super::model::{Cors, InternalApi};
use super::validate::Check;

/// Browsers remember an answer for no longer than a day.
const LONGEST_MEMORY: i64 = 86_400;

impl Check {
    pub(super) fn cors(&mut self, cors: &Cors, path: &Path) {
        let origin = path.clone().attribute("allow_origin");
        let is_origin = |text: &str| {
            text == "*" || text.split_once("://").is_some_and(|(_, host)| !host.is_empty() && !host.contains('/'))
        };
        if let Some(other) = cors.allow_origin.known().filter(|text| !is_origin(text)) {
            let detail = format!(
                "It is `*`, or scheme and host such as `https://shop.example.com`, without a path; it is {other:?}."
            );
            self.error(&origin, "Not an origin", detail);
        }
        let is_open = cors.allow_origin.is_null() || cors.allow_origin == Attr::Known("*".into());
        if cors.allow_credentials == Attr::Known(true) && is_open {
            let detail =
                "Browsers take no credentials along where every origin is allowed. Name one in `allow_origin`.";
            self.error(&path.clone().attribute("allow_credentials"), "Credentials need an origin", detail);
        }
        let is_header = |name: &&String| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '*')
        };
        for name in cors.allow_headers.known().into_iter().flat_map(|names| names.iter()).filter_map(Attr::known) {
            if !is_header(&name) {
                self.error(
                    &path.clone().attribute("allow_headers"),
                    "Not a header",
                    format!("{name:?} is no name of a header."),
                );
            }
        }
        self.range(&cors.max_age, &path.clone().attribute("max_age"), 0, LONGEST_MEMORY);
    }

    pub(super) fn preflights(&mut self, config: &InternalApi) {
        let at = |key: &str| Path::attr("routes").key(key).attribute("cors");
        for (key, path) in disagreements(&config.routes) {
            let detail = format!(
                "A browser asks once for {path}, whatever method it will use. Give all routes of the path the same `cors`."
            );
            self.error(&at(&key), "Two answers for one path", detail);
        }
        let Attr::Known(routes) = &config.routes else { return };
        for (key, _) in known_entries(&config.routes).filter(|(_, route)| !route.cors.is_null()) {
            let own = key.split_once(' ').map(|(_, path)| format!("OPTIONS {path}"));
            if own.is_some_and(|own| routes.contains_key(&own)) {
                let detail = "The path has a route for `OPTIONS`, whose back end answers preflights. Drop that route, or `cors`.";
                self.error(&at(key), "Two answers to a preflight", detail);
            }
        }
    }
}

//! Plans without what differs from run to run. Ids, hashes and addresses that AWS draws become placeholders such as `<subnet-1>`,
//! the same one for the same id; names, ARNs and URLs keep their form around them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde_json::Value;

use crate::sim::REGION;

/// The ids that say what they are, by what stands before their digits.
const PREFIXES: [(&str, &str); 6] = [
    ("eni", "interface"),
    ("sg", "group"),
    ("sgr", "rule"),
    ("subnet", "subnet"),
    ("vpc", "vpc"),
    ("vpce", "endpoint"),
];
/// How many digits such an id has.
const DIGITS: usize = 17;
/// The shortest hash, which is in names; in ARNs they are longer.
const HASH: usize = 12;
/// Where the dashes of a UUID are, and how long it is.
const DASHES: [usize; 4] = [8, 13, 18, 23];
const UUID: usize = 36;
/// What AWS draws for the DNS names of an endpoint.
const DNS: usize = 8;

/// What is known of an account's ids.
pub struct Known {
    /// Addresses that the case itself chooses.
    chosen: BTreeSet<String>,
    /// Ids that can't be told from other words, and what each of them is.
    short: BTreeMap<String, &'static str>,
}

/// An id in a line.
type Found = (Range<usize>, &'static str);

/// The placeholders given out in one plan.
#[derive(Default)]
struct Placeholders {
    given: BTreeMap<String, String>,
    counts: BTreeMap<&'static str, usize>,
}

impl Known {
    /// Nothing but the account, and what the text of the case says.
    pub fn new(account: &str, case: &str) -> Known {
        let words = case.split(|letter: char| !letter.is_ascii_digit() && letter != '.');
        let chosen = words.filter(|word| address(word).is_some()).map(str::to_owned).collect();
        Known { chosen, short: BTreeMap::from([(account.to_owned(), "account")]) }
    }

    /// Keeps the ids of what exists now: a plan may name it when it exists no more.
    pub fn learn(&mut self, objects: &Value) {
        for (kind, word) in [("rest-api", "api"), ("deployment", "deployment"), ("vpc-link", "link")] {
            let ids = objects[REGION][kind].as_object().into_iter().flatten().map(|(id, _)| id);
            // A deployment is known by its API's id and its own.
            self.short.extend(ids.filter_map(|id| id.split('/').next_back()).map(|id| (id.to_owned(), word)));
        }
    }

    /// The plan as it is in every run.
    pub fn stable(&self, plan: &str) -> String {
        let lines: Vec<&str> = plan.trim().lines().filter(|line| !chatter(line)).collect();
        let found: Vec<Vec<Found>> = lines.iter().map(|line| self.find(line)).collect();
        let mut placeholders = Placeholders::default();
        // AWS's ids come in the order of their digits where they are elements, so all others are numbered first.
        for bare in [false, true] {
            for (line, found) in lines.iter().zip(&found).filter(|(line, found)| element(line, found) == bare) {
                found.iter().for_each(|(range, kind)| placeholders.give(&line[range.clone()], kind));
            }
        }
        let mut stable: Vec<String> = Vec::new();
        let mut run = 0;
        for (line, found) in lines.iter().zip(&found) {
            let text = placeholders.fill(line, found);
            // For the same reason neighbours among elements are sorted.
            if element(line, found) && stable.len() > run && margin(&stable[run]) == margin(&text) {
                let place = run + stable[run..].partition_point(|other| *other < text);
                stable.insert(place, text);
            } else {
                run = if element(line, found) { stable.len() } else { stable.len() + 1 };
                stable.push(text);
            }
        }
        format!("{}\n", stable.join("\n").trim())
    }

    fn find(&self, line: &str) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        let mut place = 0;
        while let Some(start) = line[place..].find(|letter: char| letter.is_ascii_alphanumeric()) {
            let start = place + start;
            let id = self.id(line, start, found.last());
            place = start + id.map_or_else(|| word(&line[start..]).len(), |(length, _)| length);
            found.extend(id.map(|(_, kind)| (start..place, kind)));
        }
        found
    }

    /// The length and the kind of the id that begins at a place. `before` is the one before it in the line.
    fn id(&self, line: &str, start: usize, before: Option<&Found>) -> Option<(usize, &'static str)> {
        let rest = &line[start..];
        let word = word(rest);
        if uuid(rest) {
            return Some((UUID, "uuid"));
        }
        let digits =
            rest.get(word.len() + 1..).map(self::word).filter(|digits| digits.len() == DIGITS && hexadecimal(digits));
        if let Some(digits) = digits.filter(|_| rest[word.len()..].starts_with('-')) {
            let prefix = PREFIXES.iter().find(|(prefix, _)| *prefix == word);
            return prefix.map(|(_, kind)| (word.len() + 1 + digits.len(), *kind));
        }
        if let Some(length) = address(rest) {
            return Some((length, "address")).filter(|_| !self.chosen.contains(&rest[..length]));
        }
        let after_endpoint = before.is_some_and(|(range, kind)| *kind == "endpoint" && range.end + 1 == start);
        let kind = match self.short.get(word) {
            Some(kind) => kind,
            None if word.len() >= HASH && hexadecimal(word) => "hash",
            None if after_endpoint && line[..start].ends_with('-') && word.len() == DNS => "dns",
            // Nobody lists this one.
            None if line.contains(" root_resource_id ") && line[..start].ends_with('"') => "resource",
            None => return None,
        };
        Some((word.len(), kind))
    }
}

impl Placeholders {
    fn give(&mut self, id: &str, kind: &'static str) {
        if !self.given.contains_key(id) {
            let count = self.counts.entry(kind).or_default();
            *count += 1;
            self.given.insert(id.to_owned(), format!("<{kind}-{count}>"));
        }
    }

    fn fill(&self, line: &str, found: &[Found]) -> String {
        let (mut text, mut place) = (String::new(), 0);
        for (range, _) in found {
            text.push_str(&line[place..range.start]);
            text.push_str(self.given.get(&line[range.clone()]).map_or("", String::as_str));
            place = range.end;
        }
        text + &line[place..]
    }
}

/// What Terraform says while it works, in an order that differs.
fn chatter(line: &str) -> bool {
    [": Refreshing state...", ": Reading...", ": Read complete after"].iter().any(|words| line.contains(words))
}

/// Whether a line is an element of a list or set that is an id and nothing else, or an address as a block.
fn element(line: &str, found: &[Found]) -> bool {
    let [(range, _)] = found else { return false };
    let (before, after) = (&line[..range.start], &line[range.end..]);
    before.trim_start_matches([' ', '+', '-', '~']) == "\"" && ["\",", "/32\","].contains(&after)
}

fn margin(line: &str) -> &str {
    line.split('"').next().unwrap_or_default()
}

fn word(text: &str) -> &str {
    text.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default()
}

fn hexadecimal(word: &str) -> bool {
    word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn uuid(text: &str) -> bool {
    let Some(text) = text.get(..UUID) else { return false };
    text.char_indices().all(|(place, letter)| match DASHES.contains(&place) {
        true => letter == '-',
        false => letter.is_ascii_hexdigit(),
    })
}

/// The length of the IPv4 address that a text begins with.
fn address(text: &str) -> Option<usize> {
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let address = text[..end].trim_end_matches('.');
    address.parse::<std::net::Ipv4Addr>().ok().map(|_| address.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let mut known = Known::new("100000000001", "targets = [\"172.31.0.10\"]");
        known.learn(
            &serde_json::json!({REGION: {"rest-api": {"r92ywsyk48": {}}, "deployment": {"r92ywsyk48/s3l4yd": {}}}}),
        );
        known
    }

    #[test]
    fn equal_ids_stay_equal() {
        let plan = "a: Refreshing state... [id=1]\n\n  id = \"sg-0a430d7231f84da49\" \"sg-0acb0be57208bd438\" \"sg-0a430d7231f84da49\"";
        assert_eq!(known().stable(plan), "id = \"<group-1>\" \"<group-2>\" \"<group-1>\"\n");
    }

    #[test]
    fn names_keep_their_form() {
        for (line, stable) in [
            (
                "arn:aws:elasticloadbalancing:eu-central-1:100000000001:loadbalancer/net/plans-c404dcede681/719cea726330abd6",
                "arn:aws:elasticloadbalancing:eu-central-1:<account-1>:loadbalancer/net/plans-<hash-1>/<hash-2>",
            ),
            ("vpce-0a1e5ae59f6d32e95-305hui8h-eu-central-1a.x", "<endpoint-1>-<dns-1>-eu-central-1a.x"),
            ("r92ywsyk48-vpce-0a1e5ae59f6d32e95.execute-api", "<api-1>-<endpoint-1>.execute-api"),
            (
                "\"s3l4yd\" -> 172.31.0.10:3001, 172.31.7.119/32",
                "\"<deployment-1>\" -> 172.31.0.10:3001, <address-1>/32",
            ),
            ("[id=4cf60f0b-bc1f-5541-e87f-63b9f4fad4cd]", "[id=<uuid-1>]"),
            ("x root_resource_id = \"y3smufipff\" -> null", "x root_resource_id = \"<resource-1>\" -> null"),
        ] {
            assert_eq!(known().stable(line), format!("{stable}\n"));
        }
    }

    #[test]
    fn elements_have_the_order_of_everything_else() {
        let plan = "\
x = [
  - \"eni-09f3483bfc1e0baa4\",
  - \"eni-0cd3c1108cc538e3b\",
  + \"eni-0fab58ea39ecdbefd\",
]
y = \"eni-0cd3c1108cc538e3b\", \"eni-09f3483bfc1e0baa4\"";
        let stable = "\
x = [
  - \"<interface-1>\",
  - \"<interface-2>\",
  + \"<interface-3>\",
]
y = \"<interface-1>\", \"<interface-2>\"
";
        assert_eq!(known().stable(plan), stable);
    }
}

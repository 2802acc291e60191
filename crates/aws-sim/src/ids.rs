//! Identifiers that one seed reproduces.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// Makes ids; every kind of thing counts for itself, so that concurrent creations of different kinds do not disturb each other.
#[derive(Debug, Clone)]
pub struct Ids {
    seed: String,
    counters: BTreeMap<String, u64>,
}

impl Ids {
    /// Ids for one account and region.
    pub fn new(seed: u64, account: &str, region: &str) -> Ids {
        Ids { seed: format!("{seed}/{account}/{region}"), counters: BTreeMap::new() }
    }

    /// An EC2 id: prefix, hyphen, `0` and sixteen hexadecimal digits.
    pub fn ec2(&mut self, prefix: &str) -> String {
        format!("{prefix}-0{}", self.hex(prefix, 16))
    }

    /// Hexadecimal digits.
    pub fn hex(&mut self, kind: &str, length: usize) -> String {
        self.draw(kind, length, b"0123456789abcdef")
    }

    /// Lower-case letters and digits.
    pub fn alphanumeric(&mut self, kind: &str, length: usize) -> String {
        self.draw(kind, length, b"abcdefghijklmnopqrstuvwxyz0123456789")
    }

    /// A request id in the shape of a UUID.
    pub fn request(&mut self) -> String {
        let digits = self.hex("request", 32);
        format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
    }

    /// A number below `limit` that depends on the seed and `what` alone.
    pub fn spread(&self, what: &str, limit: u32) -> u32 {
        let digest = Sha256::digest(format!("{}/{what}", self.seed));
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]) % limit.max(1)
    }

    /// How often this was asked for before.
    pub fn count(&mut self, what: &str) -> u64 {
        let counter = self.counters.entry(what.to_owned()).or_default();
        *counter += 1;
        *counter - 1
    }

    fn draw(&mut self, kind: &str, length: usize, alphabet: &[u8]) -> String {
        let counter = self.counters.entry(kind.to_owned()).or_default();
        *counter += 1;
        let digest = Sha256::digest(format!("{}/{kind}/{counter}", self.seed));
        digest.iter().take(length).map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_reproduces_every_id() {
        let make = || Ids::new(7, "123456789012", "eu-central-1").ec2("sg");
        assert_eq!(make(), make());
        assert_eq!(make().len(), "sg-".len() + 17);
        assert_ne!(make(), Ids::new(8, "123456789012", "eu-central-1").ec2("sg"));
    }
}

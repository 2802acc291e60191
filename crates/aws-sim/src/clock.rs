//! Virtual time, and how long AWS takes for things.

use std::time::Duration;

use tokio::time::Instant;

/// A moment, as virtual time since the simulator started.
pub type Time = Duration;

/// An interface endpoint is created in one to three minutes (typical value, unverified).
pub const ENDPOINT_CREATE: Duration = Duration::from_secs(90);
/// A modified endpoint is pending while its interfaces change (unverified).
pub const ENDPOINT_MODIFY: Duration = Duration::from_secs(30);
/// Deleting an endpoint takes one to five minutes (unverified).
pub const ENDPOINT_DELETE: Duration = Duration::from_secs(120);
/// The interfaces of an endpoint go after it (order from Terraform's AWS provider, duration unverified).
pub const ENDPOINT_LINGER: Duration = Duration::from_secs(20);
/// A network load balancer provisions for two to four minutes.
pub const BALANCER_CREATE: Duration = Duration::from_secs(150);
/// A balancer's interfaces can be seen this long after its creation (unverified).
pub const BALANCER_INTERFACES: Duration = Duration::from_secs(30);
/// A deleted balancer's interfaces linger.
pub const BALANCER_LINGER: Duration = Duration::from_secs(60);
/// A VPC link needs two to four minutes.
pub const LINK_CREATE: Duration = Duration::from_secs(180);
/// A deployment waits for links that are pending, but not for ever (unverified).
pub const DEPLOYMENT_WAIT: Duration = Duration::from_secs(300);
/// A link whose balancer is refused says so earlier than a good one is ready (unverified).
pub const LINK_FAIL: Duration = Duration::from_secs(30);
/// Deleting a link takes about forty seconds.
pub const LINK_DELETE: Duration = Duration::from_secs(40);
/// A balancer stays "in use" for a while after its link is gone (unverified).
pub const BALANCER_RELEASE: Duration = Duration::from_secs(15);
/// A target group stays "in use" for a moment after its listener is gone (unverified).
pub const TARGET_GROUP_RELEASE: Duration = Duration::from_secs(5);
/// A new target must pass its first health checks.
pub const TARGET_INITIAL: Duration = Duration::from_secs(30);
/// A stage's cache cluster takes minutes.
pub const CACHE_CREATE: Duration = Duration::from_secs(240);
/// Deleting one takes minutes too (unverified).
pub const CACHE_DELETE: Duration = Duration::from_secs(120);
/// A deployment that a stage was moved away from cannot be deleted for a moment (unverified: hashicorp/aws repeats the call,
/// but says so for canaries only).
pub const DEPLOYMENT_RELEASE: Duration = Duration::from_secs(2);

/// The virtual clock starts on the first of January 2026, so that one seed gives the same answers on every run.
const EPOCH: u64 = 1_767_225_600;

/// Runs `speed` times as fast as tokio's clock.
#[derive(Debug)]
pub struct Clock {
    start: Instant,
    /// The virtual time it started with.
    from: Time,
    speed: f64,
}

impl Clock {
    /// A clock that starts now.
    pub fn new(speed: f64) -> Clock {
        Clock { start: Instant::now(), from: Time::ZERO, speed: if speed > 0.0 { speed } else { 1.0 } }
    }

    /// Another clock that goes on from a moment of this one.
    pub fn from(&self, moment: Time) -> Clock {
        Clock { start: Instant::now(), from: moment, speed: self.speed }
    }

    /// Virtual time since the start.
    pub fn now(&self) -> Time {
        self.from + self.start.elapsed().mul_f64(self.speed)
    }

    /// How long a virtual duration takes on tokio's clock.
    pub fn real(&self, duration: Duration) -> Duration {
        duration.div_f64(self.speed)
    }
}

/// Seconds since the Unix epoch, as API Gateway writes time.
pub fn epoch_seconds(time: Time) -> u64 {
    EPOCH + time.as_secs()
}

/// The same moment as EC2 and ELB write it.
pub fn iso8601(time: Time) -> String {
    let seconds = epoch_seconds(time);
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", time.subsec_millis())
}

/// Days since 1970 as a date of the Gregorian calendar (the well-known algorithm over 400-year eras).
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_virtual_year_starts_in_2026_and_has_a_calendar() {
        assert_eq!(iso8601(Duration::ZERO), "2026-01-01T00:00:00.000Z");
        assert_eq!(iso8601(Duration::from_secs(59 * 86_400 + 3_661)), "2026-03-01T01:01:01.000Z");
    }

    #[tokio::test(start_paused = true)]
    async fn speed_divides_every_duration() {
        let clock = Clock::new(100.0);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(clock.now().as_secs(), 200);
    }
}

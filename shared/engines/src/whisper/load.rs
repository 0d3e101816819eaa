//! How many cores other programs use.
//!
//! The kernel counts the time of all cores in `/proc/stat` and that of this process in
//! `/proc/self/stat`, both in ticks of 10 ms:
//! <https://man7.org/linux/man-pages/man5/proc_stat.5.html>,
//! <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>. Where they cannot be read,
//! nothing is known of other programs, and every core counts as free.

use std::fs;

/// Ticks of one core below which an interval says nothing: 0.2 s.
const LEAST_TICKS: u64 = 20;

/// Compares the counters of the kernel from call to call.
#[derive(Debug, Default)]
pub(super) struct LoadMeter {
    before: Option<Ticks>,
    busy_elsewhere: usize,
}

/// Ticks since the start of the system, all cores together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ticks {
    /// Number of cores that are counted.
    cores: u64,
    busy: u64,
    idle: u64,
    own: u64,
}

impl LoadMeter {
    /// The cores that other programs have kept busy since the last call; what that call
    /// answered where it was a moment ago. In a container with a share of the cores, the
    /// programs of its neighbours count.
    pub(super) fn cores_busy_elsewhere(&mut self) -> usize {
        self.update(Ticks::now())
    }

    fn update(&mut self, now: Option<Ticks>) -> usize {
        let Some(now) = now else {
            return 0;
        };
        let Some(before) = self.before else {
            self.before = Some(now);
            return self.busy_elsewhere;
        };
        let busy = now.busy.saturating_sub(before.busy);
        let all = busy + now.idle.saturating_sub(before.idle);
        if all >= (LEAST_TICKS * now.cores).max(1) {
            let elsewhere = busy.saturating_sub(now.own.saturating_sub(before.own));
            let rounded = (elsewhere * now.cores + all / 2) / all;
            self.busy_elsewhere = usize::try_from(rounded).unwrap_or(0);
            self.before = Some(now);
        }
        self.busy_elsewhere
    }
}

impl Ticks {
    fn now() -> Option<Self> {
        let all = fs::read_to_string("/proc/stat").ok()?;
        let own = fs::read_to_string("/proc/self/stat").ok()?;
        Self::parse(&all, &own)
    }

    fn parse(all: &str, own: &str) -> Option<Self> {
        let mut lines = all.lines();
        let first = lines.next()?.strip_prefix("cpu ")?;
        let cores = lines.take_while(|line| line.starts_with("cpu")).count() as u64;
        let fields: Option<Vec<u64>> = first
            .split_whitespace()
            .map(|field| field.parse().ok())
            .collect();
        // user, nice, system, idle, iowait, irq, softirq, steal; what follows is in these.
        let [user, nice, system, idle, waiting, irq, soft_irq, stolen] =
            *fields?.first_chunk::<8>()?;
        // The name of the program, in brackets, may hold spaces.
        let (_, own) = own.rsplit_once(") ")?;
        let mut own = own.split(' ').skip(11);
        let mut next = || own.next()?.parse::<u64>().ok();
        Some(Self {
            cores,
            busy: user + nice + system + irq + soft_irq + stolen,
            idle: idle + waiting,
            own: next()? + next()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ticks(busy: u64, idle: u64, own: u64) -> Ticks {
        Ticks {
            cores: 2,
            busy,
            idle,
            own,
        }
    }

    #[test]
    fn reads_the_counters_of_the_kernel() {
        let all = "cpu  10 1 5 1000 20 2 3 4 0 0\ncpu0 5 0 2 500 10 1 1 2 0 0\n\
                   cpu1 5 1 3 500 10 1 2 2 0 0\nintr 1\n";
        let own = "7 (a (b) c) S 1 7 7 0 -1 4194560 90 0 0 0 30 12 0 0 20 0 4 0 500 1 1 1";
        assert_eq!(Ticks::parse(all, own), Some(ticks(25, 1020, 42)));
        assert_eq!(Ticks::parse("intr 1\n", own), None);
        assert_eq!(Ticks::parse(all, "7"), None);
    }

    #[test]
    fn counts_load_of_other_processes_only() {
        let mut meter = LoadMeter::default();
        assert_eq!(
            meter.update(Some(ticks(1_000, 1_000, 100))),
            0,
            "nothing is known"
        );
        assert_eq!(
            meter.update(Some(ticks(1_200, 1_000, 300))),
            0,
            "all of it is its own"
        );
        assert_eq!(meter.update(Some(ticks(1_390, 1_010, 400))), 1);
        assert_eq!(meter.update(Some(ticks(1_391, 1_011, 400))), 1, "too soon");
        assert_eq!(meter.update(Some(ticks(1_590, 1_010, 410))), 2);
        assert_eq!(meter.update(None), 0);
    }
}

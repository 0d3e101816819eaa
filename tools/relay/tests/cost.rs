//! How many invocations of functions and writes of documents an interview costs, from which
//! `scripts/bench/capacity` computes limits and prices. `UPDATE_MEASURED=1` writes the file
//! that it reads.
#![allow(clippy::unwrap_used, reason = "tests, helpers included")]

mod support;

use std::{collections::BTreeMap, fs, path::PathBuf};

use config::Environment;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use support::{Cloud, recording};

/// However long the interview is.
const MOST_INVOCATIONS: usize = 12;

/// What one interview costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Cost {
    /// Events, messages and tasks that functions have handled, by function.
    invocations: BTreeMap<String, usize>,
    /// Documents that functions have written or deleted, by function.
    writes: BTreeMap<String, usize>,
}

/// Interviews of a few words, and of eight hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Measured {
    short: Cost,
    eight_hours: Cost,
}

fn file() -> PathBuf {
    support::root().join("scripts/bench/measured-interview.json")
}

/// What the functions have logged so far. The sweep comes each minute, whatever there is.
fn so_far(cloud: &Cloud) -> Cost {
    let mut cost = Cost {
        invocations: BTreeMap::new(),
        writes: BTreeMap::new(),
    };
    let functions = [
        "analyze",
        "announce",
        "api",
        "notify",
        "report",
        "transcribe",
        "waveform",
    ];
    for function in functions {
        let log = cloud.log(function);
        let lines = log
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        for line in lines {
            let event = line["event"].as_str().unwrap_or_default();
            if event.starts_with("delivery.") {
                *cost.invocations.entry(function.to_owned()).or_default() += 1;
            }
            if event == "firestore.committed" {
                let writes = usize::try_from(line["writes"].as_u64().unwrap()).unwrap();
                *cost.writes.entry(function.to_owned()).or_default() += writes;
            }
        }
    }
    cost
}

async fn cost(much: bool) -> Cost {
    let level = "info,google=debug,firestore=error";
    let cloud = Cloud::up(&[("RUST_LOG", level)]);
    cloud.engine.say_much(much);
    let id = cloud.submit(recording(0), None).await;
    let settled = cloud.settled(&id).await;
    assert_eq!(settled["status"], "completed", "{}", settled["steps"]);
    // The announcement of the last step ends with a message, which comes later.
    let mut cost = so_far(&cloud);
    for _ in 0..20 {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let later = so_far(&cloud);
        if later == cost && later.invocations.contains_key("notify") {
            break;
        }
        cost = later;
    }
    cost
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Google's emulators"]
async fn an_interview_costs_what_was_measured_whatever_its_length() {
    let measured = Measured {
        short: cost(false).await,
        eight_hours: cost(true).await,
    };
    eprintln!("{measured:#?}");
    let (short, long) = (&measured.short, &measured.eight_hours);
    for cost in [short, long] {
        let all: usize = cost.invocations.values().sum();
        assert!(all <= MOST_INVOCATIONS, "{all} invocations: {cost:?}");
    }
    assert_eq!(short.invocations, long.invocations);
    if Environment::from_process()
        .text("UPDATE_MEASURED")
        .is_some()
    {
        let text = serde_json::to_string_pretty(&measured).unwrap();
        fs::write(file(), text + "\n").unwrap();
    }
    let known: Measured = serde_json::from_str(&fs::read_to_string(file()).unwrap()).unwrap();
    assert_eq!(
        measured,
        known,
        "UPDATE_MEASURED=1 writes {}",
        file().display()
    );
}

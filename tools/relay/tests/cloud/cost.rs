//! How many invocations of functions and writes of documents an interview costs, from which
//! `scripts/bench/capacity` computes limits and prices. `UPDATE_MEASURED=1` writes the file
//! that it reads.

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc};

use config::Environment;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use testing::Receiver;

use crate::support::{Cloud, recording};

/// However long the interview is.
const MOST_INVOCATIONS: usize = 12;

/// The functions that nothing but the events of documents and tasks start.
const STARTED_BY_DOCUMENTS: [&str; 3] = ["analyze", "announce", "report"];

/// What one interview costs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Cost {
    /// Events, messages and tasks that functions handle, by function.
    invocations: BTreeMap<String, usize>,
    /// Documents that functions write or delete, by function.
    writes: BTreeMap<String, usize>,
}

/// Interviews of a few words, and of eight hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Measured {
    short: Cost,
    eight_hours: Cost,
}

fn file() -> PathBuf {
    crate::support::root().join("scripts/bench/measured-interview.json")
}

impl Cost {
    /// Of all that the functions have logged. The relay may merge events of one document that
    /// follow each other quickly, as Eventarc does not: those are counted by the writes that
    /// cause them. The sweep comes each minute, whatever there is, and is left out.
    fn of_logs(cloud: &Cloud) -> Self {
        let mut cost = Self::default();
        for function in [
            "analyze",
            "announce",
            "api",
            "notify",
            "report",
            "transcribe",
            "waveform",
        ] {
            let log = cloud.log(function);
            let lines = log
                .lines()
                .filter_map(|line| serde_json::from_str(line).ok());
            for line in lines {
                cost.note(function, &line);
            }
        }
        cost
    }

    fn note(&mut self, function: &str, line: &Value) {
        let add = |to: &mut BTreeMap<String, usize>, function: &str, count: usize| {
            *to.entry(function.to_owned()).or_default() += count;
        };
        let event = line["event"].as_str().unwrap_or_default();
        if event == "firestore.committed" {
            let writes = usize::try_from(line["writes"].as_u64().unwrap()).unwrap();
            add(&mut self.writes, function, writes);
            let starts = line["starts"].as_str().unwrap().split(',');
            for started in starts.filter(|name| !name.is_empty()) {
                add(&mut self.invocations, started, 1);
            }
        }
        let is_task = line["httpRequest"]["requestUrl"] != "/";
        let is_counted = is_task || !STARTED_BY_DOCUMENTS.contains(&function);
        if event.starts_with("delivery.") && is_counted && function != "notify" {
            add(&mut self.invocations, function, 1);
        }
    }
}

/// Of one interview with a webhook.
async fn cost(much: bool) -> Cost {
    let cloud = Cloud::up(&[("RUST_LOG", "info,google=debug,firestore=error")]);
    let receiver = Arc::new(Receiver::default());
    let hook = receiver.listen().await;
    cloud.engine.say_much(much);
    let id = cloud.submit(recording(0), Some(&hook)).await;
    let settled = cloud.settled(&id).await;
    assert_eq!(settled["status"], "completed", "{}", settled["steps"]);
    let messages = receiver.different(3).await.len();
    let mut cost = Cost::of_logs(&cloud);
    cost.invocations.insert("notify".to_owned(), messages);
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
    if Environment::from_process()
        .text("UPDATE_MEASURED")
        .is_some()
    {
        let text = serde_json::to_string_pretty(&measured).unwrap();
        fs::write(file(), text + "\n").unwrap();
    }
    let known: Measured = serde_json::from_str(&fs::read_to_string(file()).unwrap()).unwrap();
    for (found, known) in [
        (&measured.short, &known.short),
        (&measured.eight_hours, &known.eight_hours),
    ] {
        assert_eq!(found.invocations, known.invocations);
        assert_eq!(found.invocations, measured.short.invocations);
        let all: usize = found.invocations.values().sum();
        assert!(all <= MOST_INVOCATIONS, "{all} invocations");
        let writes = |cost: &Cost| cost.writes.values().sum::<usize>();
        // Leases are renewed by time.
        let (found, known) = (writes(found), writes(known));
        let near = known.abs_diff(found) * 4 <= known;
        assert!(near, "{found} writes; UPDATE_MEASURED=1 writes the file");
    }
}

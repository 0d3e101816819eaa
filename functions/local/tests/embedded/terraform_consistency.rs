//! Terraform, the manifest and the code say the same.

mod indexes;

use std::{collections::BTreeSet, fs, path::Path};

use domain::{
    InterviewKey,
    documents::TIME_TO_LIVE,
    log_events::MONITORED,
    pipeline::{
        DOCUMENT_CREATED, DOCUMENT_DELETED, DOCUMENT_WRITTEN, DocumentChange, MESSAGE_PUBLISHED,
        OBJECT_FINALIZED, Pipeline, TriggerKey,
    },
    receipt::RECEIPTS,
    steps::StepName,
    webhook,
};
use hcl::{Block, Body, Expression};

use crate::support::key;

/// All of `terraform/`.
fn terraform() -> Body {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../terraform");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|ending| ending == "tf"));
    let text = files.map(|path| fs::read_to_string(path).unwrap());
    hcl::parse(&text.collect::<Vec<_>>().join("\n")).unwrap()
}

/// A value of a block `locals`.
fn local(body: &Body, name: &str) -> Expression {
    let locals = body.blocks().filter(|block| block.identifier() == "locals");
    let mut attributes = locals.flat_map(|block| block.body().attributes());
    let found = attributes.find(|attribute| attribute.key() == name);
    found
        .unwrap_or_else(|| panic!("no local {name}"))
        .expr()
        .clone()
}

fn keys(expression: &Expression) -> BTreeSet<String> {
    let Expression::Object(object) = expression else {
        panic!("no object: {expression:?}");
    };
    object
        .keys()
        .map(|key| key.to_string().trim_matches('"').to_owned())
        .collect()
}

fn texts(expression: &Expression) -> Vec<String> {
    let Expression::Array(items) = expression else {
        panic!("no list: {expression:?}");
    };
    let text = |item: &Expression| match item {
        Expression::String(text) => text.clone(),
        other => panic!("no text: {other:?}"),
    };
    items.iter().map(text).collect()
}

fn resources<'a>(body: &'a Body, kind: &'a str) -> impl Iterator<Item = &'a Block> {
    body.blocks().filter(move |block| {
        let labels = block.labels();
        block.identifier() == "resource" && labels.first().is_some_and(|own| own.as_str() == kind)
    })
}

fn attribute<'a>(block: &'a Block, name: &str) -> Option<&'a Expression> {
    let mut attributes = block.body().attributes();
    attributes
        .find(|one| one.key() == name)
        .map(hcl::Attribute::expr)
}

#[test]
fn every_variable_has_a_value_and_every_secret_a_place() {
    let (body, pipeline) = (terraform(), Pipeline::ours());
    let all = |of: fn(&domain::pipeline::FunctionSpec) -> &Vec<String>| -> BTreeSet<String> {
        pipeline.functions.values().flat_map(of).cloned().collect()
    };
    assert_eq!(
        keys(&local(&body, "environment")),
        all(|function| &function.environment)
    );
    assert_eq!(
        keys(&local(&body, "secrets")),
        all(|function| &function.secrets)
    );
}

#[test]
fn every_list_of_the_manifest_is_made_into_resources() {
    let body = terraform();
    for (kind, list) in [
        ("google_cloud_run_v2_service", "local.functions"),
        ("google_cloud_tasks_queue", "local.pipeline.queues"),
        ("google_cloud_scheduler_job", "local.pipeline.schedules"),
        ("google_pubsub_topic", "toset(local.pipeline.topics)"),
        ("google_eventarc_trigger", "local.triggers"),
        ("google_service_account", "local.functions"),
    ] {
        let made = resources(&body, kind).filter_map(|block| attribute(block, "for_each"));
        let made: Vec<String> = made
            .map(|list| hcl::format::to_string(list).unwrap())
            .collect();
        assert!(made.contains(&list.to_owned()), "{kind}: {made:?}");
    }
}

/// Whatever is sent has a listener, by the manifest alone.
#[test]
fn every_event_topic_and_queue_of_the_code_has_its_listeners() {
    let pipeline = Pipeline::ours();
    let own: InterviewKey = key("x");
    let [interview, transcript, analysis] =
        [own.document(), own.data("transcript"), own.data("analysis")];
    for (trigger_key, functions) in [
        (
            TriggerKey::Object { bucket: "uploads" },
            &["transcribe", "waveform"][..],
        ),
        (
            TriggerKey::Object {
                bucket: "artifacts",
            },
            &[],
        ),
        (
            TriggerKey::Document {
                path: interview.as_str(),
                change: DocumentChange::Updated,
            },
            &[],
        ),
        (
            TriggerKey::Document {
                path: interview.as_str(),
                change: DocumentChange::Deleted,
            },
            &["announce"],
        ),
        (
            TriggerKey::Document {
                path: own.announcement("msg_x").as_str(),
                change: DocumentChange::Created,
            },
            &["announce"],
        ),
        (
            TriggerKey::Document {
                path: transcript.as_str(),
                change: DocumentChange::Created,
            },
            &["analyze"],
        ),
        (
            TriggerKey::Document {
                path: analysis.as_str(),
                change: DocumentChange::Created,
            },
            &["report"],
        ),
        (
            TriggerKey::Document {
                path: own.data("waveform").as_str(),
                change: DocumentChange::Created,
            },
            &[],
        ),
        (
            TriggerKey::Message {
                topic: webhook::TOPIC,
            },
            &["notify"],
        ),
        (TriggerKey::Message { topic: "sweep" }, &["sweep"]),
    ] {
        assert_eq!(
            pipeline.listeners(trigger_key),
            functions,
            "{trigger_key:?}"
        );
    }
    let steps = StepName::ALL.map(|step| step.as_str().to_owned());
    let webhooks = [webhook::QUEUE, webhook::SLOW_QUEUE].map(str::to_owned);
    let queues = steps.into_iter().chain(webhooks);
    let known: BTreeSet<String> = pipeline.queues.keys().cloned().collect();
    assert_eq!(queues.collect::<BTreeSet<_>>(), known);
    let types = pipeline
        .functions
        .values()
        .flat_map(|function| &function.events);
    let types: BTreeSet<&str> = types.map(|event| event.event_type.as_str()).collect();
    assert_eq!(
        types,
        BTreeSet::from([
            OBJECT_FINALIZED,
            DOCUMENT_CREATED,
            DOCUMENT_DELETED,
            DOCUMENT_WRITTEN,
            MESSAGE_PUBLISHED
        ])
    );
    // Terraform tells messages from the other events by their type, and has the trigger of
    // earlier releases.
    let text = hcl::format::to_string(&terraform()).unwrap();
    let named = text
        .split('"')
        .filter(|part| part.starts_with("google.cloud."));
    assert_eq!(
        named.collect::<BTreeSet<_>>(),
        BTreeSet::from([MESSAGE_PUBLISHED, DOCUMENT_WRITTEN])
    );
}

/// What the store deletes by itself is what has such a moment, under the same name.
#[test]
fn documents_with_a_time_to_live_are_deleted_by_it() {
    let body = terraform();
    let deleted = [RECEIPTS, domain::paths::RECEIVERS];
    assert_eq!(texts(&local(&body, "time_to_live")), deleted);
    let field = resources(&body, "google_firestore_field")
        .find(|block| {
            block
                .labels()
                .iter()
                .any(|label| label.as_str() == "time_to_live")
        })
        .unwrap();
    assert_eq!(
        attribute(field, "field"),
        Some(&Expression::String(TIME_TO_LIVE.into()))
    );
    let blocks = field.body().blocks();
    assert!(
        blocks
            .into_iter()
            .any(|own| own.identifier() == "ttl_config")
    );
}

#[test]
fn every_alert_is_in_the_runbook() {
    let runbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/runbook.md");
    let runbook = fs::read_to_string(runbook).unwrap();
    let explained = runbook.lines().filter_map(|line| line.strip_prefix("### "));
    let explained: BTreeSet<String> = explained.map(|name| name.replace('-', "_")).collect();
    let terraform = terraform();
    let of_one = terraform.blocks().filter_map(|block| match block.labels() {
        [kind, name] if kind.as_str() == "google_monitoring_alert_policy" => Some(name.as_str()),
        _ => None,
    });
    let of_one = of_one.filter(|name| *name != "this").map(str::to_owned);
    let mut alerts = keys(&local(&terraform, "alerts"));
    alerts.extend(of_one);
    assert_eq!(explained, alerts);
    assert!(alerts.contains("sweep_missing"));
}

#[test]
fn monitored_log_events_are_those_of_the_code() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../terraform/monitoring.tf");
    let text = fs::read_to_string(file).unwrap().replace(['\\', ' '], "");
    let named = text.split("event=\"").skip(1);
    let named = named.filter_map(|rest| rest.split('"').next());
    let named: BTreeSet<&str> = named.filter(|name| !name.starts_with("${")).collect();
    assert_eq!(named, BTreeSet::from(MONITORED));
}

/// Only the API is public, and no role permits everything.
#[test]
fn roles_are_small_and_only_the_api_is_public() {
    let public = Pipeline::ours()
        .functions
        .into_iter()
        .filter(|(_, own)| own.public);
    assert_eq!(public.map(|(name, _)| name).collect::<Vec<_>>(), ["api"]);
    let text = hcl::format::to_string(&terraform()).unwrap();
    for role in [
        "roles/owner",
        "roles/editor",
        "roles/viewer",
        ".admin\"",
        "allAuthenticatedUsers",
    ] {
        assert!(!text.contains(role), "{role}");
    }
    assert_eq!(text.matches("\"allUsers\"").count(), 1);
}

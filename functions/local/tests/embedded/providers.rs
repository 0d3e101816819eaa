//! The whole pipeline on what Deepgram and Gemini answer.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::support::{TestHost, engine::ScriptedEngine, wav};
use config::Environment;
use domain::ports::EngineSet;
use engines::{Deepgram, Gemini, LanguageAnalyst, deepgram, language::AnalystOptions};
use http::Method;
use local::HostEngines;
use serde_json::{Value, json};
use testing::fake_providers::{
    CONVERSATION, Providers, RecordedRequest, Said, analysed, assert_made_by_providers, recorded,
    recordings,
};

async fn start(more: &[(&str, &str)], public: bool) -> (TestHost, Arc<Providers>) {
    start_in(Providers::default(), more, public).await
}

pub(crate) async fn start_in(
    providers: Providers,
    more: &[(&str, &str)],
    public: bool,
) -> (TestHost, Arc<Providers>) {
    let providers = Arc::new(providers);
    let settings = providers.listen().await;
    let settings = settings.iter().map(|(name, value)| (*name, value.as_str()));
    let environment: Environment = settings.chain(more.iter().copied()).collect();
    let engines = HostEngines::find(&environment).unwrap();
    (TestHost::start_engines(engines, public).await, providers)
}

/// An interview by these providers, asked once each; answers what was told of it.
async fn assert_made(test: &TestHost, providers: &Providers) -> Vec<String> {
    let id = test.submit(wav(3)).await;
    test.drain().await;
    assert_made_by_providers(&test.interview(&id).await);
    let asked = (providers.count("/v1/listen"), providers.count("/v1beta/"));
    assert_eq!(asked, (1, 1));
    test.receiver.types()
}

#[tokio::test]
async fn a_recording_is_heard_and_analysed_by_providers() {
    let (test, providers) = start(&[], false).await;
    assert_eq!(assert_made(&test, &providers).await.len(), 3);
}

#[tokio::test]
async fn an_answer_that_is_called_back_makes_the_same_interview() {
    let (test, providers) = start(&[("DEEPGRAM_CALLBACK_BYTES", "1")], true).await;
    assert_eq!(assert_made(&test, &providers).await.len(), 3);
}

/// The status that a recorded body came with: that of Gemini's error, or that of
/// Deepgram's in the documentation.
fn status(name: &str, body: &[u8]) -> u16 {
    let error: Value = serde_json::from_slice(body).unwrap_or_default();
    let code = error["error"]["code"].as_u64();
    let code = code.and_then(|code| u16::try_from(code).ok());
    code.unwrap_or(if name.contains("errors-") { 400 } else { 200 })
}

/// All recorded bodies of one provider.
fn bodies(provider: &str) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![recordings().join(provider)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("SOURCES.md") {
                let name = path.strip_prefix(recordings()).unwrap();
                found.insert(name.to_str().unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// A recorded body that is answered once, by the one provider or the other.
#[derive(Default)]
struct Next(Mutex<Option<(bool, u16, Vec<u8>)>>);

impl Next {
    fn answer(&self, asked: &RecordedRequest) -> Option<Said> {
        let mut next = self.0.lock().unwrap();
        let theirs = next.take_if(|(is_gemini, ..)| *is_gemini == asked.is_gemini());
        theirs.map(|(_, status, body)| Said::Whole(status, body))
    }
}

/// Whatever a provider has been seen to answer, the interview comes to an end with
/// it, and to a good one when it is tried again; no answer ends as content.
#[tokio::test]
#[expect(clippy::print_stdout, reason = "the table is to be read")]
async fn an_interview_survives_every_recorded_body() {
    let next = Arc::new(Next::default());
    let given = Arc::clone(&next);
    let providers = Providers::in_mood(move |asked| given.answer(asked));
    let (test, providers) = start_in(providers, &[], false).await;
    let mut ends: BTreeMap<_, usize> = BTreeMap::new();
    for (provider, step) in [("deepgram", "transcription"), ("gemini", "analysis")] {
        for (name, body) in bodies(provider) {
            // The engine waits as long as it is told.
            let body = String::from_utf8_lossy(&body).replace("\"26s\"", "\"0.1s\"");
            let status = status(&name, body.as_bytes());
            *next.0.lock().unwrap() = Some((provider == "gemini", status, body.into_bytes()));
            providers.asked.lock().unwrap().clear();
            let id = test.submit(wav(3)).await;
            test.drain().await;
            assert!(next.0.lock().unwrap().is_none(), "{name} was not asked for");
            let end = end(&test, &id, step).await;
            println!("{status} {end:22} {name}");
            assert!(providers.asked.lock().unwrap().len() <= 3, "{name}");
            *ends.entry((provider, end)).or_default() += 1;
        }
    }
    let completed = |provider| ends[&(provider, "completed".to_owned())];
    assert!(completed("deepgram") >= 30, "{ends:?}");
    assert!(completed("gemini") >= 30, "{ends:?}");
}

/// How the interview ended, or how its step failed; in that case it is run again.
async fn end(test: &TestHost, id: &str, step: &str) -> String {
    let mut interview = test.interview(id).await;
    let error = &interview["steps"][step]["error"]["code"];
    let end = error.as_str().unwrap_or("completed").to_owned();
    if end != "completed" {
        let status = if step == "analysis" {
            "partial"
        } else {
            "failed"
        };
        assert_eq!(interview["status"], status, "{end}");
        let path = format!("/v1/interviews/{id}");
        let retry = format!("{path}/retry");
        let (mut answered, problem) = test.ask(Method::POST, &retry, None).await;
        if answered == 409 {
            assert_eq!(problem["code"], "nothing_changed", "{end}");
            let is_permanent = interview["steps"][step]["error"]["retryable"] == false;
            assert!(is_permanent, "{end}");
            let change = if step == "analysis" {
                json!({"speakers": {"0": {"role": "interviewer"}}})
            } else {
                json!({"speakers_expected": 2})
            };
            test.ask(Method::PATCH, &path, Some(change)).await;
            answered = test.ask(Method::POST, &retry, None).await.0;
        }
        assert_eq!(answered, 202, "{end}");
        test.drain().await;
        interview = test.interview(id).await;
    }
    assert_eq!(interview["status"], "completed", "{}", interview["steps"]);
    let summary = "Two astronauts are greeted before their walk.";
    assert_eq!(interview["analysis"]["summary"], summary);
    end
}

/// A bad day: three of ten requests fail, in one of five ways, the same way in
/// every run.
#[derive(Default)]
struct BadDay {
    /// By the interview's number, and whether Gemini was asked.
    requests: HashMap<(usize, bool), Requests>,
}

#[derive(Default)]
struct Requests {
    all: u64,
    /// Those that were answered.
    answered: u64,
}

impl BadDay {
    fn answer(&mut self, asked: &RecordedRequest) -> Said {
        let number = caller(asked);
        let requests = self
            .requests
            .entry((number, asked.is_gemini()))
            .or_default();
        requests.all += 1;
        let good = if asked.is_gemini() {
            analysed()
        } else {
            heard_from(number)
        };
        let half = good[..good.len() / 2].to_vec();
        match chance(&[number as u64, u64::from(asked.is_gemini()), requests.all]) % 100 {
            0..7 => Said::Whole(429, Vec::new()),
            7..14 => Said::Whole(503, Vec::new()),
            14..17 => Said::Never,
            17..24 => Said::Cut(half),
            24..30 => Said::Whole(200, half),
            _ => {
                requests.answered += 1;
                Said::Whole(200, good)
            }
        }
    }
}

/// Evenly spread whatever is put in: the finalizer of `SplitMix64`.
fn chance(of: &[u64]) -> u64 {
    of.iter().fold(0, |state: u64, part| {
        let mixed = (state ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    })
}

/// The recorded conversation, in which a caller is named.
fn heard_from(number: usize) -> Vec<u8> {
    let mut answer: Value = serde_json::from_slice(&recorded(CONVERSATION)).unwrap();
    let word = &mut answer["results"]["channels"][0]["alternatives"][0]["words"][0];
    word["punctuated_word"] = format!("caller{number}").into();
    answer.to_string().into_bytes()
}

/// Which interview it is about: by the seconds of the recording, or by the caller.
fn caller(asked: &RecordedRequest) -> usize {
    if !asked.is_gemini() {
        return asked.body.len() / 16_000;
    }
    let question = String::from_utf8_lossy(&asked.body);
    let (_, after) = question.split_once("caller").unwrap();
    let digits = after.split(|digit: char| !digit.is_ascii_digit()).next();
    digits.unwrap().parse().unwrap()
}

/// Engines that do not wait for long.
fn hasty(url: &str) -> HostEngines {
    // Long enough for a good answer on a machine that has other things to do: one that
    // came too late would have been paid for.
    let wait = Duration::from_secs(10);
    let key = deepgram::ApiKey::new("test-key").unwrap();
    let options = deepgram::DeepgramOptions {
        send: Some(deepgram::SendAs::Bytes),
        timeout: wait,
        ..deepgram::DeepgramOptions::new(url.parse().unwrap(), key)
    };
    let gemini = Gemini::new(url, "gemini-2.5-flash", "test-key").unwrap();
    let model = Arc::new(gemini.within(wait));
    HostEngines {
        transcribers: EngineSet::of(Arc::new(Deepgram::new(options).unwrap())),
        live: Arc::new(ScriptedEngine::default()),
        analysts: EngineSet::of(Arc::new(LanguageAnalyst::new(
            model,
            AnalystOptions::new(48_000, 3),
        ))),
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the numbers are to be read")]
async fn on_a_bad_day_fifty_interviews_complete_and_nothing_is_paid_for_twice() {
    const BATCH: usize = 50;
    let day = Arc::new(Mutex::new(BadDay::default()));
    let dawn = Arc::clone(&day);
    let mood = move |asked: &RecordedRequest| Some(dawn.lock().unwrap().answer(asked));
    let providers = Arc::new(Providers::in_mood(mood));
    let settings: HashMap<_, _> = providers.listen().await.into_iter().collect();
    let test = TestHost::start_engines(hasty(&settings["GEMINI_BASE_URL"]), false).await;
    let mut ids = Vec::new();
    for number in 1..=BATCH {
        ids.push(test.submit(wav(u32::try_from(number).unwrap())).await);
    }
    test.drain().await;
    for id in &ids {
        let interview = test.interview(id).await;
        assert_eq!(interview["status"], "completed", "{}", interview["steps"]);
    }
    let day = day.lock().unwrap();
    assert_eq!(day.requests.len(), 2 * BATCH);
    let (mut all, mut answered) = (0, 0);
    for ((number, is_gemini), requests) in &day.requests {
        let most = if *is_gemini { 5 * 5 } else { 5 };
        let name = format!("interview {number}, gemini {is_gemini}");
        assert!(requests.all <= most, "{name}: asked {} times", requests.all);
        assert_eq!(requests.answered, 1, "{name}: paid for twice");
        all += requests.all;
        answered += requests.answered;
    }
    println!("{all} requests, {answered} answered");
    assert!(
        all - answered > all / 4,
        "{answered} of {all} were answered"
    );
    let mut told = test.receiver.received.lock().unwrap().clone();
    told.retain(|(_, body, _)| body["type"] == "interview.completed");
    let told: BTreeSet<String> = told.into_iter().map(|(id, ..)| id).collect();
    assert_eq!(told.len(), BATCH);
}

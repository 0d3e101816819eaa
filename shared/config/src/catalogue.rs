//! Every environment variable that a program of this workspace reads.
//!
//! `docs/settings.md` has these tables; a test writes them and finds variables of the code
//! that are missing here.

/// Variables that are described together, as a row of `docs/settings.md`.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The variables' names.
    pub names: &'static [&'static str],
    /// What they are for, in Markdown with links as in `docs/`.
    pub meaning: &'static str,
    /// What holds where they are not set, in Markdown.
    pub default: &'static str,
}

/// What the embedded service reads.
pub const EMBEDDED: &[Setting] = &[
    Setting {
        names: &["HOST", "PORT"],
        meaning: "where to listen; port 0 takes a free one",
        default: "`127.0.0.1`, `8000`",
    },
    Setting {
        names: &["PUBLIC_URL"],
        meaning: "where clients reach the service; signed URLs, the links of shares and those of reports to their recording begin with it",
        default: "`http://HOST:PORT`",
    },
    Setting {
        names: &["DATA_DIR"],
        meaning: "[the data directory](data-directory.md): one SQLite file and a folder of objects",
        default: "`./data`",
    },
    Setting {
        names: &["AUTH"],
        meaning: "how users are identified: `local` trusts the header `X-User-Id`; `proxy` takes the header of a [proxy that shares a secret](self-hosting.md) with the service",
        default: "`local`",
    },
    Setting {
        names: &["PROXY_AUTH_SECRET"],
        meaning: "with `AUTH=proxy`, the secret that the proxy sends with each request: at least 32 visible characters. The service does not start without it",
        default: "must be set",
    },
    Setting {
        names: &["PROXY_AUTH_SECRET_HEADER", "PROXY_AUTH_USER_HEADER"],
        meaning: "with `AUTH=proxy`, the headers with the secret and with the user",
        default: "`X-Proxy-Secret`, `X-Forwarded-User`",
    },
    Setting {
        names: &["TRANSCRIBER"],
        meaning: "the speech engine: `whisper` (on this machine, about 100 languages), `deepgram`, `openai` (any server with `/v1/audio/transcriptions`), `pocketsphinx` (offline, English, the last resort)",
        default: "`whisper`",
    },
    Setting {
        names: &["DIARIZATION"],
        meaning: "`auto` tells the speakers of a recording apart by voice where the engine cannot do so itself and the channels do not: on one channel, or with several people on each; `off` leaves them one speaker",
        default: "`auto`",
    },
    Setting {
        names: &["FFMPEG"],
        meaning: "the program that decodes what the decoding library cannot account for: other codecs, damaged files, several sound tracks, edit lists out of order; by path or name, with `ffprobe` beside it, or `off`. Without it such recordings are refused by name, or decoded in part with a warning",
        default: "`ffmpeg` on the `PATH`, if it is there",
    },
    Setting {
        names: &["ANALYZER"],
        meaning: "the language engine: `extractive` (no model: key sentences, topics, questions and figures, no ratings), `gemini`, `vertex` (on Google Cloud), `openai` (any server with compatible chat completions: Ollama, vLLM, …)",
        default: "`extractive`",
    },
    Setting {
        names: &["WEBHOOK_SECRET"],
        meaning: "what the webhooks of users without a [secret of their own](client.md#your-own-secret) are signed with: `whsec_…`; several, newest first and separated by spaces, while one is being replaced",
        default: "made at the first start, in `DATA_DIR/webhook-secret`",
    },
    Setting {
        names: &["WEBHOOK_ALLOW_PRIVATE"],
        meaning: "`true` lets webhooks go to this machine",
        default: "`false`",
    },
    Setting {
        names: &["MAX_UPLOAD_BYTES"],
        meaning: "the largest recording",
        default: "2 GiB",
    },
    Setting {
        names: &["MAX_DURATION_MINUTES"],
        meaning: "the longest recording",
        default: "480",
    },
    Setting {
        names: &["CORS_ALLOWED_ORIGINS"],
        meaning: "origins whose pages may call the API from a browser: `https://app.example.com`, several separated by commas",
        default: "none",
    },
    Setting {
        names: &["RETENTION_DAYS"],
        meaning: "how long interviews are kept; one can ask for less with `retention_days`. What is older is marked, and deleted after another 24 hours in which the sweep came regularly",
        default: "without limit",
    },
    Setting {
        names: &[
            "USER_REQUESTS_PER_MINUTE",
            "ADDRESS_REQUESTS_PER_MINUTE",
            "USER_STREAMS",
        ],
        meaning: "how many requests one user and one address may send, and how many streams (of events, and of recordings to `transcribe-stream` and `analyze-async`) a user has open; each process counts by itself",
        default: "no limit; on Google Cloud 600, 3,000 and 50, and 0 for no limit",
    },
    Setting {
        names: &["USER_MINUTES_PER_DAY", "USER_MINUTES_PER_MONTH"],
        meaning: "how many minutes of recordings one user may have recognised on a day and in a month of UTC; what is in hand counts as reserved. Beyond that: 402 `budget_exhausted`, and a recording that does not fit fails with the same code. With any of these limits, every recording is decoded once more when it arrives",
        default: "no limit",
    },
    Setting {
        names: &["USER_COST_PER_MONTH"],
        meaning: "how many US dollars the recordings and analyses of one user may cost in a month of UTC, as far as [prices](../shared/engines/prices.json) are known",
        default: "no limit",
    },
    Setting {
        names: &["TRUSTED_PROXIES"],
        meaning: "how many of your proxies append the client's address to `X-Forwarded-For`",
        default: "0; on Google Cloud 1, the front end of Cloud Run",
    },
    Setting {
        names: &["RUST_LOG"],
        meaning: "how much is logged",
        default: "`info`; `error` for `process`",
    },
];

/// What the engines read, on every host.
pub const ENGINES: &[Setting] = &[
    Setting {
        names: &["DEEPGRAM_API_KEY"],
        meaning: "the key, for `deepgram`",
        default: "must be set",
    },
    Setting {
        names: &["DEEPGRAM_MODEL", "DEEPGRAM_BASE_URL"],
        meaning: "which model, and where",
        default: "`nova-3`, `https://api.deepgram.com`",
    },
    Setting {
        names: &["DEEPGRAM_SEND"],
        meaning: "how it gets a recording: `url` (signed), `bytes`, or `auto`: a URL where that is https",
        default: "`auto`",
    },
    Setting {
        names: &["DEEPGRAM_CALLBACK_BYTES"],
        meaning: "from which size on the answer is called back to `PUBLIC_URL` instead of waited for, where that is set and its port is one that Deepgram calls: 80, 443, 8080 or 8443",
        default: "50 MiB",
    },
    Setting {
        names: &["WHISPER_MODEL"],
        meaning: "the model of `whisper`: a name of `interviewlens models list`, or the path of a ggml file",
        default: "`base`",
    },
    Setting {
        names: &["MODEL_DIR"],
        meaning: "where models are kept",
        default: "`~/.cache/interviewlens/models`",
    },
    Setting {
        names: &["MODEL_MIRROR"],
        meaning: "the address of a folder with model files, used instead of the official host",
        default: "`https://huggingface.co/ggerganov/whisper.cpp/resolve/main`",
    },
    Setting {
        names: &["MODEL_FETCH"],
        meaning: "`off` forbids fetching models from the network",
        default: "`on`",
    },
    Setting {
        names: &["ALLOW_FALLBACK"],
        meaning: "`true` lets `serve` use `pocketsphinx` as long as the model is missing",
        default: "`false`",
    },
    Setting {
        names: &["GEMINI_API_KEY"],
        meaning: "the key, for `gemini`",
        default: "must be set",
    },
    Setting {
        names: &["GEMINI_MODEL", "GEMINI_BASE_URL"],
        meaning: "which model, also for `vertex`, and where",
        default: "`gemini-3.5-flash-lite`, the Gemini API",
    },
    Setting {
        names: &["VERTEX_LOCATION"],
        meaning: "the location of Vertex AI: a region, `us`, `eu` or `global`",
        default: "`global`",
    },
    Setting {
        names: &["OPENAI_BASE_URL", "OPENAI_MODEL", "OPENAI_API_KEY"],
        meaning: "the server and its model, for `ANALYZER=openai`; the key where it wants one",
        default: "must be set, must be set, –",
    },
    Setting {
        names: &["OPENAI_TRANSCRIPTION_BASE_URL"],
        meaning: "the server, for `TRANSCRIBER=openai`: `https://api.openai.com/v1`, `https://api.groq.com/openai/v1`, `http://localhost:8000` (vLLM, speaches, LocalAI), `http://localhost:8080/inference` (whisper.cpp)",
        default: "`OPENAI_BASE_URL`",
    },
    Setting {
        names: &["OPENAI_TRANSCRIPTION_MODEL"],
        meaning: "its model, such as `whisper-large-v3`; whisper.cpp accepts any name",
        default: "`whisper-1` at OpenAI, otherwise must be set",
    },
    Setting {
        names: &["OPENAI_TRANSCRIPTION_API_KEY"],
        meaning: "the key, where the server demands one",
        default: "`OPENAI_API_KEY`, unless `OPENAI_BASE_URL` is another server",
    },
    Setting {
        names: &["OTHER_SPEECH_MODELS", "OTHER_LANGUAGE_MODELS"],
        meaning: "further models that runs can choose, each as `ENGINE/MODEL`, with commas between them: `deepgram/nova-2`, `whisper/tiny.en`, `gemini/gemini-3.5-pro`. Their engines must be set up",
        default: "none",
    },
    Setting {
        names: &["ANALYZER_PART_TOKENS"],
        meaning: "how much of a transcript is shown to the model at once, 1,000 to 150,000",
        default: "48,000; for `openai` 12,000",
    },
];

/// What the command reads that asks a service.
pub const COMMAND: &[Setting] = &[
    Setting {
        names: &["INTERVIEWLENS_URL"],
        meaning: "the address of the service, without `--url`",
        default: "`http://127.0.0.1:8000`",
    },
    Setting {
        names: &["INTERVIEWLENS_TOKEN"],
        meaning: "an [access token](client.md#access-tokens), without `--token`",
        default: "none is sent",
    },
];

/// What the functions on Google Cloud and the relay read besides.
pub const GOOGLE_CLOUD: &[Setting] = &[
    Setting {
        names: &["HOST", "PORT"],
        meaning: "where to listen",
        default: "`0.0.0.0`, `8000`; the relay `127.0.0.1`, `8100`",
    },
    Setting {
        names: &["AUTH"],
        meaning: "`firebase`: users by Firebase ID tokens. `local` and `DATA_DIR` are refused, and without the emulators `WEBHOOK_ALLOW_PRIVATE=true`",
        default: "`firebase`",
    },
    Setting {
        names: &["GCS_PROJECT_ID"],
        meaning: "the project of everything",
        default: "must be set",
    },
    Setting {
        names: &["GCS_BUCKET_NAME", "GCS_ARTIFACTS_BUCKET_NAME"],
        meaning: "the buckets for recordings and for reports",
        default: "must be set",
    },
    Setting {
        names: &["FIRESTORE_DATABASE"],
        meaning: "the database",
        default: "`(default)`",
    },
    Setting {
        names: &["CLOUD_TASKS_LOCATION", "TASKS_SERVICE_ACCOUNT"],
        meaning: "where the queues are, and the service account whose token tasks bring along",
        default: "must be set where tasks are queued",
    },
    Setting {
        names: &["FUNCTION_URLS"],
        meaning: "where the functions are that work off queues (`analyze`, `notify`, `report`, `transcribe`, `waveform`): `transcribe=https://…,notify=https://…,…`",
        default: "must be set where tasks are queued",
    },
    Setting {
        names: &["FIREBASE_API_KEY", "FIREBASE_AUTH_DOMAIN"],
        meaning: "the Firebase project's web API key, by which people sign in at the console, and where its pages are",
        default: "no sign-in there, the project's own",
    },
    Setting {
        names: &["SIGNING_SECRET"],
        meaning: "what links to recordings and of shares are signed with, at least 32 characters. Another one ends all of them",
        default: "must be set for `api`",
    },
    Setting {
        names: &["GOOGLE_APPLICATION_CREDENTIALS"],
        meaning: "a service account's key; without it URLs are signed by IAM's `signBlob`",
        default: "the metadata server",
    },
    Setting {
        names: &[
            "FIRESTORE_EMULATOR_HOST",
            "PUBSUB_EMULATOR_HOST",
            "STORAGE_EMULATOR_HOST",
            "CLOUD_TASKS_EMULATOR_HOST",
            "FIREBASE_AUTH_EMULATOR_HOST",
        ],
        meaning: "`host:port` of an emulator; the last makes unsigned tokens good, and is refused without the first",
        default: "unset",
    },
    Setting {
        names: &["RELAY_ADDRESSES"],
        meaning: "where the relay emulates Cloud Storage and Cloud Tasks for each function, with the rights of that function: `api=host:port,transcribe=host:port,…`",
        default: "none; at `HOST` and `PORT` signed URLs and uploads in progress work, and nothing else",
    },
    Setting {
        names: &["RELAY_DIR", "RELAY_MAX_BACKOFF_S", "RELAY_TWICE"],
        meaning: "the relay's folder; the longest wait between its tries; whether it delivers everything twice",
        default: "must be set, the manifest's, `false`",
    },
];

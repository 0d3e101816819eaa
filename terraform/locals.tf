# The manifest says who listens to what, and with which settings: the code reads the
# same file.
locals {
  pipeline  = jsondecode(file("${path.module}/pipeline.json"))
  functions = local.pipeline.functions

  # Cloud Run's addresses are known before the services are there.
  urls       = { for name in keys(local.functions) : name => "https://${var.prefix}-${name}-${data.google_project.this.number}.${var.region}.run.app" }
  public_url = coalesce(var.public_url, local.urls["api"])

  buckets = {
    uploads   = google_storage_bucket.uploads.name
    artifacts = google_storage_bucket.artifacts.name
  }

  # Every variable that a function of the manifest can ask for; an empty one is an
  # absent one.
  environment = {
    GCS_PROJECT_ID                = var.project
    FIRESTORE_DATABASE            = google_firestore_database.this.name
    GCS_BUCKET_NAME               = local.buckets.uploads
    GCS_ARTIFACTS_BUCKET_NAME     = local.buckets.artifacts
    CLOUD_TASKS_LOCATION          = var.region
    FUNCTION_URLS                 = join(",", [for name in distinct([for queue in local.pipeline.queues : queue.function]) : "${name}=${local.urls[name]}"])
    TASKS_SERVICE_ACCOUNT         = google_service_account.invoker["tasks"].email
    TRANSCRIBER                   = var.transcriber
    DEEPGRAM_MODEL                = var.deepgram_model
    DIARIZATION                   = var.diarization
    FFMPEG                        = var.ffmpeg
    ANALYZER                      = var.analyzer
    GEMINI_MODEL                  = var.gemini_model
    VERTEX_LOCATION               = contains(local.analyzers, "vertex") ? var.vertex_location : ""
    OPENAI_BASE_URL               = var.openai_base_url
    OPENAI_MODEL                  = var.openai_model
    OPENAI_TRANSCRIPTION_BASE_URL = var.openai_transcription_base_url
    OPENAI_TRANSCRIPTION_MODEL    = var.openai_transcription_model
    OTHER_SPEECH_MODELS           = join(",", var.other_speech_models)
    OTHER_LANGUAGE_MODELS         = join(",", var.other_language_models)
    PUBLIC_URL                    = local.public_url
    MAX_UPLOAD_BYTES              = tostring(var.max_upload_bytes)
    MAX_DURATION_MINUTES          = tostring(var.max_duration_minutes)
    CORS_ALLOWED_ORIGINS          = join(",", var.cors_allowed_origins)
    RETENTION_DAYS                = var.retention_days == null ? "" : tostring(var.retention_days)
    USER_REQUESTS_PER_MINUTE      = tostring(var.user_requests_per_minute)
    ADDRESS_REQUESTS_PER_MINUTE   = tostring(var.address_requests_per_minute)
    USER_STREAMS                  = tostring(var.user_streams)
    USER_MINUTES_PER_DAY          = var.user_minutes_per_day == null ? "" : tostring(var.user_minutes_per_day)
    USER_MINUTES_PER_MONTH        = var.user_minutes_per_month == null ? "" : tostring(var.user_minutes_per_month)
    USER_COST_PER_MONTH           = var.user_cost_per_month == null ? "" : tostring(var.user_cost_per_month)
    TRUSTED_PROXIES               = tostring(var.trusted_proxies)
    FIREBASE_API_KEY              = var.firebase_api_key
    FIREBASE_AUTH_DOMAIN          = var.firebase_auth_domain
  }

  # The language engines that are set up: the active one, and those that runs can choose.
  analyzers = toset(concat([var.analyzer], var.other_analyzers))

  # Secrets that belong to an engine are there when it is.
  secrets = {
    SIGNING_SECRET               = true
    WEBHOOK_SECRET               = true
    DEEPGRAM_API_KEY             = var.transcriber == "deepgram"
    GEMINI_API_KEY               = contains(local.analyzers, "gemini")
    OPENAI_API_KEY               = contains(local.analyzers, "openai")
    OPENAI_TRANSCRIPTION_API_KEY = var.openai_transcription_base_url != ""
  }
  wanted_secrets = toset([for name, wanted in local.secrets : name if wanted])
}

data "google_project" "this" {
  project_id = var.project
}

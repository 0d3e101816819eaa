variable "project" {
  description = "The id of the project, which has billing."
  type        = string
}

variable "region" {
  description = "Where everything is: one region, so that events need not travel."
  type        = string
  default     = "europe-west1"
}

variable "prefix" {
  description = "What the names of services, buckets and accounts begin with. An environment has a project of its own."
  type        = string
  default     = "interviewlens"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,14}[a-z0-9]$", var.prefix))
    error_message = "4 to 16 characters of a-z, 0-9 and -, beginning with a letter and not ending in -."
  }
}

variable "firestore_database" {
  description = "The database, if it is not named after the prefix: one that was restored."
  type        = string
  default     = ""
}

variable "image" {
  description = "The image of all functions, by digest or by a tag that never moves."
  type        = string
}

variable "public_url" {
  description = "Where clients reach the API, if that is not Cloud Run's own address."
  type        = string
  default     = ""
}

variable "invoker_iam_disabled" {
  description = "Whether the API is public without a role for allUsers, which organisations with domain restricted sharing refuse."
  type        = bool
  default     = false
}

variable "grants_wait_s" {
  description = "How long new roles are waited for before services are created, in seconds."
  type        = number
  default     = 90
}

variable "data_access_logs" {
  description = "Whether accesses to documents, objects and secrets are logged that are not made by a function: by people, above all."
  type        = bool
  default     = true
}

variable "announce_every_change" {
  description = "Whether `announce` is also started by every change of an interview, as earlier releases need it: while one is replaced (docs/upgrading.md)."
  type        = bool
  default     = false
}

variable "trusted_proxies" {
  description = "How many proxies add to X-Forwarded-For: 1 for Cloud Run's front end, 2 behind a load balancer."
  type        = number
  default     = 1
}

variable "cors_allowed_origins" {
  description = "The origins whose pages may call the API and upload from a browser."
  type        = list(string)
  default     = []
}

variable "transcriber" {
  description = "The speech engine; the others are for a machine of one's own."
  type        = string
  default     = "deepgram"

  validation {
    condition     = var.transcriber == "deepgram"
    error_message = "deepgram: the image has no other engine."
  }
}

variable "deepgram_model" {
  description = "The speech model."
  type        = string
  default     = "nova-3"
}

variable "diarization" {
  description = "Whether speakers are told apart by voice where the speech engine cannot: auto or off."
  type        = string
  default     = "auto"

  validation {
    condition     = contains(["auto", "off"], var.diarization)
    error_message = "auto or off."
  }
}

variable "ffmpeg" {
  description = "Whether FFmpeg decodes what the decoding library cannot: off, or empty for the one in the image."
  type        = string
  default     = ""

  validation {
    condition     = contains(["", "off"], var.ffmpeg)
    error_message = "off, or empty."
  }
}

variable "analyzer" {
  description = "The language engine: vertex needs no key, gemini and openai one, extractive no model."
  type        = string
  default     = "vertex"

  validation {
    condition     = contains(["vertex", "gemini", "openai", "extractive"], var.analyzer)
    error_message = "vertex, gemini, openai or extractive."
  }
}

variable "other_analyzers" {
  description = "Language engines that runs can choose beside the analyzer; extractive always is one."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for name in var.other_analyzers : contains(["vertex", "gemini", "openai"], name)])
    error_message = "vertex, gemini or openai."
  }
}

variable "other_speech_models" {
  description = "Further models of speech engines that runs can choose, each as engine/model."
  type        = list(string)
  default     = []
}

variable "other_language_models" {
  description = "Further models of language engines that runs can choose, each as engine/model."
  type        = list(string)
  default     = []
}

variable "gemini_model" {
  description = "The language model of gemini and vertex."
  type        = string
  default     = "gemini-3.5-flash-lite"
}

variable "vertex_location" {
  description = "Where Vertex AI is asked: a region, us, eu or global."
  type        = string
  default     = "global"
}

variable "openai_base_url" {
  description = "The server of openai."
  type        = string
  default     = ""
}

variable "openai_model" {
  description = "The model of openai."
  type        = string
  default     = ""
}

variable "openai_transcription_base_url" {
  description = "The server of the speech engine openai, which runs can choose beside the transcriber; empty for none."
  type        = string
  default     = ""
}

variable "openai_transcription_model" {
  description = "Its model; empty for OpenAI's default."
  type        = string
  default     = ""
}

variable "firebase_api_key" {
  description = "The web API key of the Firebase project, by which people sign in at the console; no secret. Empty for a console without sign-in."
  type        = string
  default     = ""
}

variable "firebase_auth_domain" {
  description = "Where Firebase hosts its sign-in pages; empty for the project's own."
  type        = string
  default     = ""
}

variable "max_upload_bytes" {
  description = "The largest recording."
  type        = number
  default     = 2147483648
}

variable "max_duration_minutes" {
  description = "The longest recording."
  type        = number
  default     = 480
}

variable "retention_days" {
  description = "How long interviews are kept; null for ever."
  type        = number
  default     = null
}

variable "user_minutes_per_day" {
  description = "Minutes of recordings that one user may have recognised on a day of UTC; null for no limit."
  type        = number
  default     = null
}

variable "user_minutes_per_month" {
  description = "Minutes of recordings that one user may have recognised in a month of UTC; null for no limit."
  type        = number
  default     = null
}

variable "user_cost_per_month" {
  description = "US dollars that the recordings and analyses of one user may cost in a month of UTC, as far as prices are known; null for no limit."
  type        = number
  default     = null
}

variable "user_requests_per_minute" {
  description = "How much one user may ask of one instance; 0 for no limit."
  type        = number
  default     = 600
}

variable "address_requests_per_minute" {
  description = "How much one address may ask of one instance; 0 for no limit."
  type        = number
  default     = 3000
}

variable "user_streams" {
  description = "How many streams of events one user may have open with one instance."
  type        = number
  default     = 50
}

variable "min_instances" {
  description = "Instances of the API that are always there: 0 is cheapest, 1 answers at once."
  type        = number
  default     = 0
}

variable "max_instances" {
  description = "The most instances of each function."
  type        = number
  default     = 20
}

variable "alert_emails" {
  description = "The e-mail addresses that alerts go to."
  type        = list(string)
  default     = []
}

variable "billing_account" {
  description = "The billing account, for a budget; none without it."
  type        = string
  default     = ""
}

variable "monthly_budget" {
  description = "The budget, in the billing account's currency."
  type        = number
  default     = 200
}

variable "protected" {
  description = "Whether the database and the buckets are protected from terraform destroy."
  type        = bool
  default     = true
}

# terraform -chdir=terraform test: a plan without a cloud, where the provider can be had.
mock_provider "google" {
  mock_data "google_project" {
    defaults = {
      number = "123456789012"
    }
  }
}

variables {
  project = "a-project"
  image   = "europe-west1-docker.pkg.dev/a-project/interviewlens/functions:1"
}

run "every_function_is_a_service" {
  command = plan

  assert {
    condition     = length(google_cloud_run_v2_service.this) == length(jsondecode(file("pipeline.json")).functions)
    error_message = "One service for each function of the manifest."
  }

  assert {
    condition     = keys(google_cloud_run_v2_service_iam_member.public) == ["api"]
    error_message = "Only the API is for everybody."
  }

  assert {
    condition     = length(google_cloud_tasks_queue.this) == 5 && google_cloud_tasks_queue.this["transcription"].rate_limits[0].max_concurrent_dispatches == 4
    error_message = "The queues of the manifest, with the provider's limit."
  }
}

run "vertex_needs_no_key" {
  command = plan

  assert {
    condition     = local.wanted_secrets == toset(["DEEPGRAM_API_KEY", "SIGNING_SECRET", "WEBHOOK_SECRET"])
    error_message = "No secret of an engine that is not used."
  }

  assert {
    condition     = contains(keys(local.project_roles), "analyze.vertex")
    error_message = "Vertex AI is asked as the function's account."
  }
}

run "a_key_comes_with_its_engine" {
  command = plan

  variables {
    analyzer = "gemini"
  }

  assert {
    condition     = contains(local.wanted_secrets, "GEMINI_API_KEY") && !contains(keys(local.project_roles), "analyze.vertex")
    error_message = "Gemini's key, and no role for Vertex AI."
  }
}

run "an_engine_that_the_image_lacks_is_refused" {
  command = plan

  variables {
    transcriber = "whisper"
  }

  expect_failures = [var.transcriber]
}

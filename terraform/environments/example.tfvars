# terraform apply -var-file=environments/example.tfvars -var image=…
project              = "my-project"
region               = "europe-west1"
cors_allowed_origins = ["https://app.example.com"]
alert_emails         = ["oncall@example.com"]
retention_days       = 365
min_instances        = 1

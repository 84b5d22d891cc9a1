# What tests/review/make_plans.py applies with step "before", and plans again with the others: each change stands beside what it changes.

variable "step" {
  type    = string # before, loosened, replaced, safe
  default = "before"
}

variable "password" {
  type      = string
  sensitive = true
}

locals {
  loose    = var.step == "loosened"
  replaced = var.step == "replaced"
  suffix   = local.replaced ? "-2" : ""
  columns  = local.loose ? { orders = "id bigint, total decimal(10,2)" } : { orders = "id bigint, total decimal(12,2), note string", stock = "sku string" }
  tables   = local.loose ? ["orders"] : ["orders", "stock"]
}

resource "aws_kms_key" "key" {
  deletion_window_in_days = local.loose ? 7 : 30
  enable_key_rotation     = !local.loose
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Own", Effect = "Allow", Principal = { AWS = "arn:aws:iam::123456789012:root" }, Action = "kms:*", Resource = "*" },
      {
        Sid       = "Logs", Effect = "Allow", Principal = { Service = "logs.amazonaws.com" }, Action = ["kms:Decrypt"], Resource = "*",
        Condition = local.loose ? {} : { StringEquals = { "aws:SourceAccount" = "123456789012" } }
      },
    ]
  })
}

resource "aws_s3_bucket" "data" {
  bucket        = "moulin-review-data${local.suffix}"
  force_destroy = local.loose
}

resource "aws_s3_bucket_versioning" "data" {
  bucket = aws_s3_bucket.data.bucket
  versioning_configuration {
    status = local.loose ? "Suspended" : "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "data" {
  bucket                  = aws_s3_bucket.data.bucket
  block_public_acls       = true
  block_public_policy     = !local.loose
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "data" {
  bucket = aws_s3_bucket.data.bucket
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.loose ? [] : [{
        Sid       = "DenyPlainHttp", Effect = "Deny", Principal = "*", Action = "s3:*", Resource = "${aws_s3_bucket.data.arn}/*",
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }],
      [{
        Sid = "Read", Effect = "Allow", Principal = { AWS = "arn:aws:iam::123456789012:root" }, Action = "s3:GetObject",
        Resource = "${aws_s3_bucket.data.arn}/*"
      }],
    )
  })
}

resource "aws_s3_bucket_lifecycle_configuration" "data" {
  bucket = aws_s3_bucket.data.bucket
  rule {
    id     = "expire"
    status = "Enabled"
    filter {
      prefix = "errors/"
    }
    expiration {
      days = local.loose ? 7 : 90
    }
  }
}

resource "aws_kinesis_stream" "stream" {
  name             = "moulin-review${local.suffix}"
  retention_period = local.loose ? 24 : 168
  shard_count      = local.loose ? 4 : 2
}

resource "aws_cloudwatch_log_group" "log" {
  name              = "moulin-review"
  retention_in_days = local.loose ? 7 : 30
}

resource "aws_iam_role" "role" {
  name = "moulin-review"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow", Action = "sts:AssumeRole", Principal = local.loose ? { Service = "firehose.amazonaws.com", AWS = "*" } : { Service = "firehose.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "read" {
  name = "read"
  role = aws_iam_role.role.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Read", Effect = "Allow", Action = local.loose ? ["kinesis:*"] : ["kinesis:GetRecords", "kinesis:DescribeStream"],
      Resource = local.loose ? "*" : "arn:aws:kinesis:eu-west-1:123456789012:stream/moulin-review"
    }]
  })
}

resource "aws_vpc" "main" {
  cidr_block = "10.1.0.0/16"
}

resource "aws_security_group" "database" {
  name   = "database${local.suffix}"
  vpc_id = aws_vpc.main.id
}

resource "aws_vpc_security_group_ingress_rule" "mysql" {
  security_group_id = aws_security_group.database.id
  cidr_ipv4         = local.loose ? "0.0.0.0/0" : "10.1.0.0/24"
  from_port         = 3306
  to_port           = 3306
  ip_protocol       = "tcp"
}

resource "aws_sns_topic" "alarms" {
  name = "moulin-review"
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "Publish", Effect = "Allow", Principal = { Service = local.loose ? ["cloudwatch.amazonaws.com", "dms.amazonaws.com"] : ["cloudwatch.amazonaws.com"] },
      Action = "sns:Publish", Resource = aws_sns_topic.alarms.arn
    }]
  })
}

resource "aws_secretsmanager_secret" "login" {
  name                    = "moulin-review${local.suffix}"
  recovery_window_in_days = local.loose ? 7 : 30
}

resource "aws_secretsmanager_secret_version" "login" {
  secret_id     = aws_secretsmanager_secret.login.id
  secret_string = var.password
}

resource "aws_dynamodb_table" "orders" {
  name                        = "moulin-review"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = local.replaced ? "sku" : "id"
  deletion_protection_enabled = !local.loose
  attribute {
    name = local.replaced ? "sku" : "id"
    type = "S"
  }
  point_in_time_recovery {
    enabled = !local.loose
  }
}

resource "aws_glue_catalog_database" "lake" {
  name = "moulin_review"
}

resource "aws_glue_catalog_table" "orders" {
  database_name = aws_glue_catalog_database.lake.name
  name          = local.replaced ? "orders_2" : "orders"
  storage_descriptor {
    location = "s3://moulin-review-data/orders"
    columns {
      name = "id"
      type = local.loose ? "int" : "bigint"
    }
    dynamic "columns" {
      for_each = local.loose ? [] : ["note"]
      content {
        name = columns.value
        type = "string"
      }
    }
  }
}

resource "aws_kinesis_firehose_delivery_stream" "delivery" {
  name        = "moulin-review"
  destination = "iceberg"
  kinesis_source_configuration {
    kinesis_stream_arn = aws_kinesis_stream.stream.arn
    role_arn           = aws_iam_role.role.arn
  }
  iceberg_configuration {
    role_arn           = aws_iam_role.role.arn
    catalog_arn        = "arn:aws:glue:eu-west-1:123456789012:catalog"
    buffering_interval = 60
    buffering_size     = 64
    dynamic "destination_table_configuration" {
      for_each = local.tables
      content {
        database_name = "moulin_review"
        table_name    = destination_table_configuration.value
        unique_keys   = ["id"]
      }
    }
    s3_configuration {
      role_arn   = aws_iam_role.role.arn
      bucket_arn = aws_s3_bucket.data.arn
    }
  }
}

resource "terraform_data" "mirrors_columns" {
  input = local.columns
}

resource "aws_cloudwatch_metric_alarm" "late" {
  count               = var.step == "safe" ? 1 : 0
  alarm_name          = "moulin-review-late"
  namespace           = "AWS/Firehose"
  metric_name         = "DeliveryToIceberg.DataFreshness"
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 900
  period              = 300
  evaluation_periods  = 1
}

moved {
  from = aws_sns_topic.topic
  to   = aws_sns_topic.alarms
}

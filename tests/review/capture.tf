# What tests/review/make_plans.py applies with step "before", starts, and plans again changed: capture by a task and without an instance.
# The documents of each step lie beside it: settings.before.json and so on, made of a lake file's defaults.

variable "step" {
  type    = string # before, changed, tagged
  default = "before"
}

locals {
  step     = var.step == "changed" ? "changed" : "before"
  settings = file("settings.${local.step}.json")
  mappings = file("mappings.${local.step}.json")
  mode     = var.step == "changed" ? "cdc" : "full-load-and-cdc"
  tags     = var.step == "tagged" ? { team = "data" } : {}
}

resource "aws_kinesis_stream" "stream" {
  name        = "moulin-capture"
  shard_count = 1
}

resource "aws_vpc" "vpc" {
  cidr_block = "10.98.0.0/16"
}

resource "aws_subnet" "private" {
  count             = 2
  vpc_id            = aws_vpc.vpc.id
  cidr_block        = "10.98.${count.index}.0/24"
  availability_zone = ["eu-west-1a", "eu-west-1b"][count.index]
}

resource "aws_dms_replication_subnet_group" "subnets" {
  replication_subnet_group_id          = "moulin-capture"
  replication_subnet_group_description = "Private subnets"
  subnet_ids                           = aws_subnet.private[*].id
}

resource "aws_dms_replication_instance" "instance" {
  replication_instance_id     = "moulin-capture"
  replication_instance_class  = var.step == "changed" ? "dms.r6i.large" : "dms.t3.medium"
  allocated_storage           = 50
  publicly_accessible         = false
  apply_immediately           = true
  replication_subnet_group_id = aws_dms_replication_subnet_group.subnets.id
}

resource "aws_dms_endpoint" "source" {
  endpoint_id   = "moulin-capture-source"
  endpoint_type = "source"
  engine_name   = "aurora"
  server_name   = "db.example.com"
  port          = 3306
  username      = "moulin_replication"
  password      = "swordfish-canary"
  ssl_mode      = "none"
}

resource "aws_dms_endpoint" "stream" {
  endpoint_id   = "moulin-capture-stream"
  endpoint_type = "target"
  engine_name   = "kinesis"
  kinesis_settings {
    stream_arn              = aws_kinesis_stream.stream.arn
    service_access_role_arn = "arn:aws:iam::123456789012:role/moulin-capture"
    message_format          = "json-unformatted"
  }
}

resource "aws_dms_replication_task" "task" {
  replication_task_id       = "moulin-capture"
  migration_type            = local.mode
  replication_instance_arn  = aws_dms_replication_instance.instance.replication_instance_arn
  source_endpoint_arn       = aws_dms_endpoint.source.endpoint_arn
  target_endpoint_arn       = aws_dms_endpoint.stream.endpoint_arn
  table_mappings            = local.mappings
  replication_task_settings = local.settings
  start_replication_task    = false
  tags                      = local.tags
}

resource "aws_dms_replication_config" "serverless" {
  replication_config_identifier = "moulin-capture-serverless"
  replication_type              = local.mode
  source_endpoint_arn           = aws_dms_endpoint.source.endpoint_arn
  target_endpoint_arn           = aws_dms_endpoint.stream.endpoint_arn
  table_mappings                = local.mappings
  replication_settings          = local.settings
  start_replication             = false
  tags                          = local.tags
  compute_config {
    replication_subnet_group_id = aws_dms_replication_subnet_group.subnets.id
    max_capacity_units          = 4
  }
}

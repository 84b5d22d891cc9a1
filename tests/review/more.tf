# Stands beside stack.tf for the plan `moved`: something is forgotten, something imported.

removed {
  from = aws_glue_catalog_database.lake
  lifecycle {
    destroy = false
  }
}

import {
  to = aws_sqs_queue.old
  id = "QUEUE"
}

resource "aws_sqs_queue" "old" {
  name = "old"
}

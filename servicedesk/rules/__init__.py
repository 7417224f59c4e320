"""The numbers behind the loop: versions, and applying them to running tickets (办理规则)."""

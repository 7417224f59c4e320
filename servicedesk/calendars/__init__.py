"""The park's working calendar (工作日历), kept in the database."""

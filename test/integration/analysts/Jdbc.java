import java.sql.*;
import java.util.Properties;

/** What ClickHouse's driver for Java gets with nothing configured but user and password, and of the questions that DBeaver asks it. */
public class Jdbc {
  public static void main(String[] args) throws Exception {
    Properties properties = new Properties();
    properties.put("user", "analyst");
    properties.put("password", args[1]);
    try (Connection connection = DriverManager.getConnection("jdbc:clickhouse://127.0.0.1:" + args[0] + "/apportion", properties);
        Statement statement = connection.createStatement()) {
      print("costs", statement.executeQuery("SELECT day, team_id, amount FROM costs ORDER BY amount"), 3);
      print("large", statement.executeQuery("SELECT sum(number), count() FROM (SELECT number FROM numbers(200000))"), 2);
      try (ResultSet rows = statement.executeQuery("SELECT number, toString(number) FROM numbers(200000)")) {
        long sum = 0;
        while (rows.next()) sum += rows.getLong(1);
        System.out.println("streamed " + sum);
      }
      try (PreparedStatement prepared = connection.prepareStatement("SELECT amount FROM costs WHERE team_id = ?")) {
        prepared.setString(1, "ads");
        print("prepared", prepared.executeQuery(), 1);
      }
      DatabaseMetaData about = connection.getMetaData();
      count("schemas", about.getSchemas());
      count("tables", about.getTables(null, "apportion", "%", null));
      count("columns", about.getColumns(null, "apportion", "costs", "%"));
      count("keys", about.getPrimaryKeys(null, "apportion", "costs"));
      count("types", about.getTypeInfo());
      count("client properties", about.getClientInfoProperties());
      count("functions", about.getFunctions(null, null, "%"));
      try {
        statement.execute("DROP TABLE costs");
      } catch (SQLException refused) {
        System.out.println("refused " + refused.getMessage().contains("readonly mode"));
      }
    }
  }

  private static void print(String name, ResultSet rows, int columns) throws SQLException {
    while (rows.next()) {
      StringBuilder line = new StringBuilder(name);
      for (int column = 1; column <= columns; column++) line.append(' ').append(rows.getString(column));
      System.out.println(line);
    }
  }

  private static void count(String name, ResultSet rows) throws SQLException {
    int found = 0;
    while (rows.next()) found++;
    System.out.println(name + " " + found);
  }
}

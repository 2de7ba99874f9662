package ringside.store;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.h2.jdbcx.JdbcDataSource;
import org.jspecify.annotations.Nullable;

/** The tables of the store, in SQL that other databases understand too. A guest is written once, however often a lab of it moves. */
final class Tables implements AutoCloseable {
    private static final List<String> SCHEMA = List.of(
            "CREATE TABLE IF NOT EXISTS guest (id VARCHAR(64) PRIMARY KEY, kind VARCHAR(8) NOT NULL, name TEXT,"
                    + " content TEXT NOT NULL, bits INTEGER, load_address BIGINT, entry_address BIGINT, size BIGINT NOT NULL)",
            "CREATE TABLE IF NOT EXISTS lab (id VARCHAR(40) PRIMARY KEY, address TEXT NOT NULL,"
                    + " guest VARCHAR(64) REFERENCES guest (id), touched BIGINT NOT NULL)",
            "CREATE INDEX IF NOT EXISTS lab_touched ON lab (touched)",
            "CREATE INDEX IF NOT EXISTS lab_guest ON lab (guest)");

    private static final String SOURCE = "source";
    private static final String SENT = "sent";

    private final Connection connection;
    private final LabStore.Limits limits;
    private long touched;

    private Tables(Connection connection, LabStore.Limits limits) throws SQLException {
        this.connection = connection;
        this.limits = limits;
        try (Statement statement = connection.createStatement()) {
            for (String sql : SCHEMA) {
                statement.execute(sql);
            }
        }
        touched = number("SELECT COALESCE(MAX(touched), 0) FROM lab");
        connection.setAutoCommit(false);
    }

    static Tables open(String url, LabStore.Limits limits) throws SQLException {
        var source = new JdbcDataSource();
        source.setURL(url);
        return new Tables(source.getConnection(), limits);
    }

    synchronized Optional<Kept> find(String id) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(
                "SELECT lab.address, guest.kind, guest.id, guest.name, guest.content, guest.bits, guest.load_address,"
                        + " guest.entry_address FROM lab LEFT JOIN guest ON guest.id = lab.guest WHERE lab.id = ?")) {
            query.setString(1, id);
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? Optional.of(kept(row)) : Optional.empty();
            }
        } finally {
            connection.rollback();
        }
    }

    private static Kept kept(ResultSet row) throws SQLException {
        String kind = row.getString(2);
        if (kind == null) {
            return new Kept(row.getString(1), Optional.empty());
        }
        Kept.OwnGuest guest = kind.equals(SOURCE)
                ? new Kept.Source(row.getString(5))
                : new Kept.Sent(
                        row.getString(3),
                        row.getString(4),
                        row.getString(5),
                        row.getObject(6) == null ? OptionalInt.empty() : OptionalInt.of(row.getInt(6)),
                        row.getObject(7) == null ? OptionalLong.empty() : OptionalLong.of(row.getLong(7)),
                        row.getObject(8) == null ? OptionalLong.empty() : OptionalLong.of(row.getLong(8)));
        return new Kept(row.getString(1), Optional.of(guest));
    }

    /** Writes all of them or none, and then lets go what is too much. */
    synchronized void write(Map<String, Kept> batch) throws SQLException {
        try {
            for (var entry : batch.entrySet()) {
                write(entry.getKey(), entry.getValue());
            }
            prune();
            connection.commit();
        } catch (SQLException e) {
            connection.rollback();
            throw e;
        }
    }

    private void write(String id, Kept kept) throws SQLException {
        String guest = kept.guest().isPresent() ? guest(kept.guest().get()) : null;
        touched++;
        try (PreparedStatement update =
                connection.prepareStatement("UPDATE lab SET address = ?, guest = ?, touched = ? WHERE id = ?")) {
            fill(update, kept.address(), guest, touched, id);
            if (update.executeUpdate() > 0) {
                return;
            }
        }
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO lab (address, guest, touched, id) VALUES (?, ?, ?, ?)")) {
            fill(insert, kept.address(), guest, touched, id);
            insert.executeUpdate();
        }
    }

    private String guest(Kept.OwnGuest guest) throws SQLException {
        String id = guest instanceof Kept.Sent sent
                ? sent.id()
                : sha256(((Kept.Source) guest).text().getBytes(StandardCharsets.UTF_8));
        try (PreparedStatement query = connection.prepareStatement("SELECT 1 FROM guest WHERE id = ?")) {
            query.setString(1, id);
            try (ResultSet row = query.executeQuery()) {
                if (row.next()) {
                    return id;
                }
            }
        }
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO guest (id, kind, name, content, bits,"
                + " load_address, entry_address, size) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")) {
            if (guest instanceof Kept.Sent sent) {
                fill(
                        insert,
                        id,
                        SENT,
                        sent.name(),
                        sent.base64(),
                        value(sent.bits()),
                        value(sent.load()),
                        value(sent.entry()),
                        (long) sent.base64().length());
            } else {
                String text = ((Kept.Source) guest).text();
                fill(insert, id, SOURCE, null, text, null, null, null, (long) text.length());
            }
            insert.executeUpdate();
        }
        return id;
    }

    private static @Nullable Integer value(OptionalInt number) {
        return number.isPresent() ? number.getAsInt() : null;
    }

    private static @Nullable Long value(OptionalLong number) {
        return number.isPresent() ? number.getAsLong() : null;
    }

    private static void fill(PreparedStatement statement, @Nullable Object... values) throws SQLException {
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
    }

    /** Drops labs until there are not too many, and their guests not too large; and guests that no lab has. */
    private void prune() throws SQLException {
        long labs = number("SELECT COUNT(*) FROM lab");
        if (labs > limits.labs()) {
            dropOldest("", labs - limits.labs());
        }
        dropGuests();
        while (number("SELECT COALESCE(SUM(size), 0) FROM guest") > limits.bytes()
                && dropOldest("WHERE guest IS NOT NULL", 1) > 0) {
            dropGuests();
        }
    }

    private int dropOldest(String which, long count) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(
                "DELETE FROM lab WHERE id IN (SELECT id FROM lab " + which + " ORDER BY touched LIMIT ?)")) {
            delete.setLong(1, count);
            return delete.executeUpdate();
        }
    }

    private void dropGuests() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(
                    "DELETE FROM guest WHERE NOT EXISTS (SELECT 1 FROM lab WHERE lab.guest = guest.id)");
        }
    }

    private long number(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public synchronized void close() throws SQLException {
        connection.close();
    }
}

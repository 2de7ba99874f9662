package ringside.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** One of the JSON schemas in docs/schema, to hold a text against. */
public final class Schema {
    private final com.networknt.schema.Schema schema;

    private Schema(com.networknt.schema.Schema schema) {
        this.schema = schema;
    }

    /** The schema of that name: {@code summary}, {@code trace} or {@code expected}. */
    public static Schema of(String name) throws IOException {
        var text = Files.readString(Path.of("..", "docs", "schema", name + ".schema.json"));
        return new Schema(SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(text));
    }

    /** Fails with every place where the text is not as the schema says. */
    public void holdsFor(String json) {
        assertThat(schema.validate(json, InputFormat.JSON)).isEmpty();
    }
}

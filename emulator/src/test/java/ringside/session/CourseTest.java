package ringside.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CourseTest {
    private static Course course(String mode, long time) {
        var source = "bits 32\norg 0x1000\ncpuid\nnop\ncpuid\nnop\nnop\ncpuid\njmp $\n";
        var file = new GuestFile("guest.asm", source.getBytes(StandardCharsets.UTF_8));
        return (Course) new Showing(file, RunOptions.of(mode), new byte[0], time)
                .view(Panel.named("course").orElseThrow(), Optional.empty());
    }

    /** SDM 3C: CPUID leaves the guest each time: at times 0, 2 and 5. */
    @Test
    void exitsStandWhereTheyWere() {
        var course = course("vt-x", 7);
        assertEquals(7, course.present());
        assertEquals(1, course.width());
        assertEquals(1, course.lanes().size());
        assertEquals("monitor", course.lanes().get(0).by());
        assertEquals(
                List.of(new Course.Some(0, 1), new Course.Some(2, 1), new Course.Some(5, 1)),
                course.lanes().get(0).columns());
    }

    /** However often it was played again to be drawn, each exit is counted once, as the summary counts it. */
    @Test
    void aLongRunHasAllItsExits() {
        var course = course("vt-x", 1_000_000);
        assertEquals(3, course.lanes().get(0).exits());
        assertEquals(course.present(), Math.min(1_000_000, course.known()));
        assertEquals(List.of(), course("bare", 7).lanes());
    }
}

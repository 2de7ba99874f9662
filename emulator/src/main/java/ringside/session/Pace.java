package ringside.session;

import java.util.Optional;

/** How fast a run is shown: four speeds as watched motion, in small stretches that a page asks for one by one, and one as fast as it goes. */
public enum Pace {
    STEP(1, 1000, 1),
    WALK(2, 300, 1),
    STRIDE(3, 200, 4),
    SPRINT(4, 200, 64),
    /** Without stretches. */
    FULL(5, 0, 0);

    private final int number;
    private final int millis;
    private final int units;

    Pace(int number, int millis, int units) {
        this.number = number;
        this.millis = millis;
        this.units = units;
    }

    /** 1 to 5. */
    public int number() {
        return number;
    }

    /** Between two stretches. */
    public int millis() {
        return millis;
    }

    /** Guest time of a stretch, in its units. */
    public int units() {
        return units;
    }

    /** The one of that number. */
    public static Optional<Pace> numbered(String text) {
        for (Pace pace : values()) {
            if (text.equals(Integer.toString(pace.number))) {
                return Optional.of(pace);
            }
        }
        return Optional.empty();
    }
}

package ringside.device;

/**
 * A second 8254 counter, written from the data sheet's timing diagrams one CLK pulse at a time and sharing nothing with
 * {@link PitChannel}: the diagrams' "N N" and the count below OUT are {@code element}, what was written is
 * {@code register}.
 */
final class SlowCounter {
    final int mode;
    final boolean decimal;
    boolean gate;
    boolean out;
    boolean nullCount = true;
    private int element;
    private int register;
    private boolean written;
    private boolean load;
    private boolean loadedOnce;
    private boolean lowPulseArmed;
    private boolean lowHalf;
    private boolean odd;
    private boolean illegal;

    SlowCounter(int mode, boolean decimal, boolean gate) {
        this.mode = mode;
        this.decimal = decimal;
        this.gate = gate;
        out = mode > 0;
    }

    /** A complete count arrives; {@code 0} stands for the largest. */
    void count(int value) {
        boolean first = !written;
        register = value == 0 ? largest() : value;
        written = true;
        nullCount = true;
        if (mode == 0) {
            out = false;
        }
        if (mode == 0 || mode == 4 || (first && (mode == 2 || mode == 3))) {
            load = true;
        }
    }

    /** The first of two bytes arrives. */
    void firstByte() {
        if (mode == 0) {
            out = false;
            load = false;
            loadedOnce = false;
        }
    }

    void gate(boolean level) {
        boolean trigger = level && !gate && written;
        gate = level;
        if (mode == 1 || mode == 2 || mode == 3 || mode == 5) {
            load = load || trigger;
        }
        if ((mode == 2 || mode == 3) && !level) {
            out = true;
        }
    }

    void pulse() {
        switch (mode) {
            case 0 -> {
                if (load) {
                    reload();
                } else if (gate && loadedOnce) {
                    down();
                    out = out || element == 0;
                }
            }
            case 1 -> {
                if (load) {
                    reload();
                    out = false;
                } else if (loadedOnce) {
                    down();
                    out = out || element == 0;
                }
            }
            case 2 -> {
                if (load || (gate && loadedOnce && element == 1)) {
                    reload();
                    out = true;
                } else if (gate && loadedOnce) {
                    down();
                    out = element != 1;
                }
            }
            case 3 -> squareWave();
            default -> {
                out = true;
                if (load) {
                    reload();
                    lowPulseArmed = true;
                } else if ((gate || mode == 5) && loadedOnce) {
                    down();
                    if (element == 0 && lowPulseArmed) {
                        out = false;
                        lowPulseArmed = false;
                    }
                }
            }
        }
    }

    /** High for (N+1)/2 pulses, low for (N-1)/2 (odd) or for N/2 each (even). */
    private void squareWave() {
        if (load) {
            startHalf(false);
        } else if (gate && loadedOnce) {
            boolean over = illegal || element == (odd && !lowHalf ? 0 : 2);
            if (over) {
                startHalf(!illegal && !lowHalf);
            } else {
                element -= 2;
            }
        }
    }

    private void startHalf(boolean low) {
        reload();
        odd = register % 2 == 1;
        illegal = register == 1;
        element = register - register % 2;
        lowHalf = low && !illegal;
        out = !lowHalf;
    }

    private void reload() {
        element = register;
        load = false;
        loadedOnce = true;
        nullCount = false;
    }

    private void down() {
        element = element == 0 ? largest() - 1 : element - 1;
    }

    private int largest() {
        return decimal ? 10_000 : 65_536;
    }

    /** What a program reads, 16 bits. */
    int shown() {
        int value = element % largest();
        return decimal ? Integer.parseInt(Integer.toString(value), 16) : value;
    }
}

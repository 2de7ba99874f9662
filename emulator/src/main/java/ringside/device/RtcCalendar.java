package ringside.device;

/**
 * The clock registers of an MC146818 as numbers, and how they count on. The chip knows a century of 36,525 days in which
 * every fourth year has a leap day; that is right from 2000 to 2099.
 *
 * @param second 0 to 59
 * @param minute 0 to 59
 * @param hour 0 to 23
 * @param weekday 1 (Sunday) to 7
 * @param day 1 to 31
 * @param month 1 to 12
 * @param year 0 to 99
 */
record RtcCalendar(int second, int minute, int hour, int weekday, int day, int month, int year) {
    /** When the guest's time is 0: Tuesday, 2008-01-01 00:00:00 UTC. */
    static final RtcCalendar START = new RtcCalendar(0, 0, 0, 3, 1, 1, 8);

    private static final int DAYS_OF_CENTURY = 36_525;
    private static final int SECONDS_OF_DAY = 86_400;
    private static final int[] DAYS_BEFORE_MONTH = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};

    /** The calendar with each field brought into its range: what the chip does with nonsense is not specified. */
    static RtcCalendar clamped(int second, int minute, int hour, int weekday, int day, int month, int year) {
        int realYear = clamp(year, 0, 99);
        int realMonth = clamp(month, 1, 12);
        return new RtcCalendar(
                clamp(second, 0, 59),
                clamp(minute, 0, 59),
                clamp(hour, 0, 23),
                clamp(weekday, 1, 7),
                clamp(day, 1, daysOfMonth(realMonth, realYear)),
                realMonth,
                realYear);
    }

    private static int clamp(int value, int low, int high) {
        return Math.max(low, Math.min(high, value));
    }

    /** This moment and so many seconds more. */
    RtcCalendar plus(long seconds) {
        long total = secondOfDay() + seconds;
        long days = total / SECONDS_OF_DAY;
        int rest = (int) (total % SECONDS_OF_DAY);
        long dayOfCentury = (dayOfCentury() + days) % DAYS_OF_CENTURY;
        int cycle = (int) (dayOfCentury / 1461); // four years, the first of them leap
        int inCycle = (int) (dayOfCentury % 1461);
        int yearOfCycle = inCycle < 366 ? 0 : (inCycle - 1) / 365;
        int newYear = 4 * cycle + yearOfCycle;
        int dayOfYear = yearOfCycle == 0 ? inCycle : inCycle - 1 - 365 * yearOfCycle;
        int newMonth = 12;
        while (firstDayOfMonth(newMonth, newYear) > dayOfYear) {
            newMonth--;
        }
        return new RtcCalendar(
                rest % 60,
                rest / 60 % 60,
                rest / 3600,
                (int) ((weekday - 1 + days) % 7) + 1,
                dayOfYear - firstDayOfMonth(newMonth, newYear) + 1,
                newMonth,
                newYear);
    }

    int secondOfDay() {
        return 3600 * hour + 60 * minute + second;
    }

    private long dayOfCentury() {
        return 365L * year + (year + 3) / 4 + firstDayOfMonth(month, year) + day - 1;
    }

    private static int firstDayOfMonth(int month, int year) {
        return DAYS_BEFORE_MONTH[month - 1] + (month > 2 && year % 4 == 0 ? 1 : 0);
    }

    private static int daysOfMonth(int month, int year) {
        return switch (month) {
            case 2 -> year % 4 == 0 ? 29 : 28;
            case 4, 6, 9, 11 -> 30;
            default -> 31;
        };
    }
}

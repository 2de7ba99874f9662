package ringside.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import ringside.session.GuestCatalogue;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code ringside guests}: what there is to run, and in which modes. */
@Command(name = "guests", description = "Lists the sample guests, their code size and the modes that hold them.")
final class GuestsCommand implements Callable<Integer> {
    @ParentCommand
    private RingsideCommand ringside;

    @Mixin
    private Help help;

    @Option(names = "--json", description = "prints a list of name, bits, modes as JSON")
    private boolean json;

    @Override
    public Integer call() {
        Output output = ringside.output();
        var guests = GuestCatalogue.all();
        if (json) {
            ArrayNode list = Json.array();
            guests.forEach(guest -> {
                ObjectNode one = list.addObject().put("name", guest.name()).put("bits", guest.bits());
                guest.modes().forEach(one.putArray("modes")::add);
            });
            output.line(Json.text(list));
        } else {
            guests.forEach(guest -> output.line(
                    "%-14s %2d bits  %s".formatted(guest.name(), guest.bits(), String.join(", ", guest.modes()))));
        }
        output.flush();
        return Status.DONE;
    }
}

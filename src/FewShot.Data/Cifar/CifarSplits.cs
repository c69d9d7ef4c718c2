using FewShot.Tasks;

namespace FewShot.Data.Cifar;

// The class names of CIFAR-100, in the order of their numbers, and the two usual ways to split them.
internal static class CifarSplits
{
    public static readonly IReadOnlyList<string> FineNames = Words(
        """
        apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle caterpillar cattle chair
        chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp
        lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck
        pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel
        streetcar sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
        """
    );

    public static readonly IReadOnlyList<string> CoarseNames = Words(
        """
        aquatic_mammals fish flowers food_containers fruit_and_vegetables household_electrical_devices household_furniture insects large_carnivores
        large_man-made_outdoor_things large_natural_outdoor_scenes large_omnivores_and_herbivores medium_mammals non-insect_invertebrates people reptiles
        small_mammals trees vehicles_1 vehicles_2
        """
    );

    private static readonly IReadOnlyList<string> s_fewShotValidation = Words(
        """
        beaver otter flatfish shark lamp television beetle butterfly sea camel cattle crab crocodile maple_tree motorcycle tractor
        """
    );

    private static readonly IReadOnlyList<string> s_fewShotTest = Words(
        """
        whale poppy rose sweet_pepper telephone bed table wardrobe leopard plain chimpanzee fox snail worm baby man woman bicycle pickup_truck rocket
        """
    );

    // FC100 (Oreshkin et al. 2018) divides the 20 superclasses 12 / 4 / 4; these are the classes of those for validation and test.
    private static readonly IReadOnlyList<string> s_fc100Validation = Words(
        """
        bear camel cattle chimpanzee crab elephant hamster kangaroo leopard lion lobster mouse rabbit shrew snail spider squirrel tiger wolf worm
        """
    );

    private static readonly IReadOnlyList<string> s_fc100Test = Words(
        """
        baby beaver bee beetle boy butterfly caterpillar cockroach dolphin fox girl man otter porcupine possum raccoon seal skunk whale woman
        """
    );

    // CIFAR-FS (Bertinetto et al. 2019): 64 / 16 / 20 classes.
    public static Split CifarFs(string fineName) => Assign(fineName, s_fewShotValidation, s_fewShotTest);

    // FC100: 60 / 20 / 20 classes.
    public static Split Fc100(string fineName) => Assign(fineName, s_fc100Validation, s_fc100Test);

    private static Split Assign(string name, IReadOnlyList<string> validation, IReadOnlyList<string> test) =>
        validation.Contains(name) ? Split.Validation
        : test.Contains(name) ? Split.Test
        : Split.Train;

    private static string[] Words(string list) => list.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}

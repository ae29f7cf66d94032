"""What the scenes are made of: colours, places, who rides what, hand-made aliases, subsets of the subjects."""

COLOURS = {'white': (250, 250, 250), 'black': (18, 18, 20), 'gray': (128, 128, 130), 'red': (205, 35, 40),
           'orange': (245, 140, 25), 'yellow': (250, 215, 60), 'green': (50, 160, 70), 'blue': (40, 95, 215),
           'purple': (125, 60, 175), 'pink': (250, 160, 195), 'brown': (120, 75, 45), 'teal': (20, 150, 150),
           'light blue': (150, 205, 245), 'light green': (170, 225, 150), 'dark blue': (20, 30, 95)}
# sky top, sky bottom, ground top, ground bottom, horizon (fraction of the height, 1 = none), stars
PLACES = {'on the grass': ((110, 185, 245), (205, 232, 250), (110, 190, 80), (60, 140, 50), .68, 0),
          'in the desert': ((120, 190, 240), (235, 235, 215), (235, 200, 130), (205, 160, 90), .66, 0),
          'on the beach': ((90, 180, 240), (60, 150, 215), (245, 222, 165), (230, 200, 140), .70, 0),
          'in the snow': ((165, 195, 225), (215, 228, 240), (250, 252, 255), (225, 235, 245), .66, 0),
          'on mars': ((225, 160, 115), (240, 195, 150), (190, 85, 50), (135, 55, 35), .68, 0),
          'on the moon': ((8, 8, 18), (20, 20, 34), (175, 175, 180), (120, 120, 126), .70, 1),
          'in space': ((6, 6, 20), (32, 16, 60), (0, 0, 0), (0, 0, 0), 1., 1),
          'at night': ((12, 16, 50), (36, 48, 104), (24, 46, 36), (14, 28, 22), .72, 1),
          'at sunset': ((95, 60, 135), (250, 150, 80), (85, 50, 60), (55, 32, 44), .70, 0),
          'in the sea': ((70, 170, 220), (15, 70, 140), (0, 0, 0), (0, 0, 0), 1., 0)}
STYLES = ['in black and white', 'as pixel art', 'as a silhouette', 'upside down']
MOUNTS = ['horse', 'camel', 'elephant', 'dog', 'cat', 'tiger', 'ox', 'unicorn', 'dragon', 'whale', 'bicycle', 'cow',
          'motorcycle', 'rocket', 'pig', 'dolphin', 'leopard', 'deer', 'zebra', 'giraffe', 'turtle', 'ram',
          'rhinoceros', 'sauropod', 'T-Rex', 'goat', 'rooster', 'duck', 'rabbit', 'bear', 'skateboard',
          'motor scooter', 'snail']
RIDERS = ['astronaut', 'cat face', 'dog face', 'robot', 'panda', 'monkey face', 'teddy bear', 'alien', 'ghost',
          'snowman', 'Santa Claus', 'man', 'woman', 'pilot', 'farmer', 'cook', 'police officer', 'frog', 'fox',
          'clown face', 'penguin', 'chicken', 'pizza', 'person', 'princess', 'prince', 'ninja', 'mage', 'superhero',
          'artist', 'scientist', 'teacher', 'firefighter', 'detective', 'vampire', 'zombie', 'elf', 'owl', 'parrot',
          'hedgehog', 'cactus', 'jack-o-lantern', 'skull']
ALIASES = {'automobile': ['car'], 'hot beverage': ['cup of coffee', 'coffee'], 'evergreen tree': ['pine tree', 'tree'],
           'red apple': ['apple'], 'house': ['home'], 'airplane': ['plane'], 'bicycle': ['bike'],
           'red heart': ['heart'], 'jack-o-lantern': ['pumpkin'], 'motorcycle': ['motorbike'], 'T-Rex': ['dinosaur'],
           'soccer ball': ['football'], 'laptop': ['computer'], 'television': ['tv'], 'mobile phone': ['phone'],
           'soft ice cream': ['ice cream cone'], 'person': ['human'], 'locomotive': ['steam engine'],
           'closed book': ['book'], 'light bulb': ['lamp'], 'honeybee': ['bee'], 'grinning face': ['smiley']}
TINY = ['astronaut', 'horse', 'cat', 'dog', 'red apple', 'pizza', 'automobile', 'rocket', 'evergreen tree', 'house',
        'elephant', 'robot', 'panda', 'penguin', 'banana', 'red heart', 'star', 'snowman', 'fish', 'rose', 'hamburger',
        'ghost', 'unicorn', 'pig']
# what people ask for first; drawn more often than the rest
CORE = list(dict.fromkeys(TINY + MOUNTS + RIDERS + [
    'green apple', 'strawberry', 'lemon', 'watermelon', 'cherries', 'pineapple', 'grapes', 'carrot', 'tomato',
    'mushroom', 'doughnut', 'birthday cake', 'hot beverage', 'ice cream', 'airplane', 'sailboat', 'locomotive', 'bus',
    'tractor', 'helicopter', 'flying saucer', 'balloon', 'sun', 'crescent moon', 'rainbow', 'cloud', 'fire',
    'snowflake', 'umbrella', 'guitar', 'violin', 'drum', 'trumpet', 'soccer ball', 'basketball', 'trophy', 'crown',
    'key', 'closed book', 'light bulb', 'laptop', 'camera', 'television', 'mobile phone', 'clapper board', 'sunflower',
    'tulip', 'cherry blossom', 'maple leaf', 'palm tree', 'Christmas tree', 'butterfly', 'honeybee', 'octopus', 'crab',
    'shark', 'tropical fish', 'lion', 'monkey', 'koala', 'wolf', 'mouse', 'bird', 'eagle', 'flamingo', 'crocodile',
    'snake', 'castle', 'volcano', 'grinning face', 'smiling face with sunglasses', 'grinning cat', 'wrapped gift',
    'bomb', 'diamond with a dot', 'gem stone', 'alien monster', 'pile of poo', 'baby', 'mermaid', 'fairy']))
SUBSETS = {'all': None, 'core': CORE, 'tiny': TINY}

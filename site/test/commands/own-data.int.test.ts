import { followStory } from './follow-story.js';
import { STORIES } from './stories.js';

followStory(STORIES.ownData);
